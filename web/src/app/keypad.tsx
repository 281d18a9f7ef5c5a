import { useState } from "preact/hooks";
import { t } from "../lib/i18n.ts";

const KEYS = [..."123456789*0#"];
const SHOWN_MAX = 16;

// The digits that the other side asks for. A keyboard's keys do as well.
export function Keypad({ press }: { press: (digit: string) => void }) {
	const [pressed, set_pressed] = useState("");
	const pressing = (digit: string) => {
		press(digit);
		set_pressed((old) => (old + digit).slice(-SHOWN_MAX));
	};
	return (
		<div class="keypad" role="group" aria-label={t("app.keypad")} onKeyDown={({ key }) => {
			if (KEYS.includes(key))
				pressing(key);
		}}>
			<output class="mono">{pressed}</output>
			{KEYS.map((key) => <button key={key} onClick={() => pressing(key)}>{key}</button>)}
		</div>
	);
}
