import { useRef } from "preact/hooks";
import { captcha_get } from "../captcha/captcha.ts";

// The captcha is being solved while the form is filled in, and another one after each try: call what
// this returns when the form is sent.
export function useCaptcha(): () => Promise<string> {
	const captcha = useRef<Promise<string> | null>(null);
	const solve = () => {
		const solving = captcha_get();
		solving.catch(() => undefined); // who sends the form hears of it
		return solving;
	};
	captcha.current ??= solve();
	return () => {
		const solving = captcha.current ?? solve();
		captcha.current = null;
		return solving;
	};
}
