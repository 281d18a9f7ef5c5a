import type { ComponentChildren } from "preact";

interface Props {
	title: string;
	text: string;
	level?: 2 | 3 | 4;
	children?: ComponentChildren;
}

// What stands where a list would, with what to do about it.
export function Empty({ title, text, level = 3, children }: Props) {
	const Head = `h${level}` as const;
	return (
		<div class="card empty">
			<Head>{title}</Head>
			<p class="soft">{text}</p>
			{children}
		</div>
	);
}
