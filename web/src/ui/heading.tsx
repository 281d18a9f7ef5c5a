import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useTitle } from "../lib/hooks.ts";

// The page's name, also in the window's title; takes focus so that a screen reader says it.
export function Heading({ text, children }: { text: string; children?: ComponentChildren }) {
	const heading = useRef<HTMLHeadingElement>(null);
	useTitle(text);
	useEffect(() => heading.current?.focus({ preventScroll: true }), []);
	return (
		<div class="row spread">
			<h1 ref={heading} tabIndex={-1}>{text}</h1>
			{children}
		</div>
	);
}
