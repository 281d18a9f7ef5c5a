import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useTitle } from "../lib/hooks.ts";

interface Props {
	text: string;
	// The site, where the page is a part of one: its name is the h1 above.
	part_of?: string;
	children?: ComponentChildren;
}

// The page's name, also in the window's title; takes focus so that a screen reader says it.
export function Heading({ text, part_of, children }: Props) {
	const heading = useRef<HTMLHeadingElement>(null);
	useTitle(part_of === undefined ? text : `${text} – ${part_of}`);
	useEffect(() => heading.current?.focus({ preventScroll: true }), []);
	return (
		<div class="row spread">
			{part_of === undefined
				? <h1 ref={heading} tabIndex={-1}>{text}</h1>
				: <h2 ref={heading} tabIndex={-1}>{text}</h2>}
			{children}
		</div>
	);
}
