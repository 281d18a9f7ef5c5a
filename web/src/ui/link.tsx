import type { ComponentChildren } from "preact";
import { go } from "../lib/router.ts";

interface Props {
	href: string;
	class?: string;
	current?: boolean;
	stay?: boolean; // opens beside this
	children: ComponentChildren;
}

// A link inside the portal; modified clicks stay the browser's.
export function Link({ href, class: name = "", current = false, stay = false,
	children }: Props) {
	const follow = (event: MouseEvent) => {
		if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
			return;
		event.preventDefault();
		go(href, stay);
	};
	return (
		<a href={href} class={name} onClick={follow} {...(current ? { "aria-current": "page" } : {})}>
			{children}
		</a>
	);
}
