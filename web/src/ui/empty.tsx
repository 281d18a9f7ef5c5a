import type { ComponentChildren } from "preact";

interface Props {
	title: string;
	text: string;
	level?: 2 | 3;
	children?: ComponentChildren;
}

// What stands where a list would, with what to do about it.
export function Empty({ title, text, level = 3, children }: Props) {
	return (
		<div class="card empty">
			{level === 2 ? <h2>{title}</h2> : <h3>{title}</h3>}
			<p class="soft">{text}</p>
			{children}
		</div>
	);
}
