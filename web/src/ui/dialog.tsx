import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

interface Props {
	title: string;
	close: () => void;
	children: ComponentChildren;
}

// A modal dialog. The browser keeps focus inside and gives it back; Escape closes.
export function Dialog({ title, close, children }: Props) {
	const id = useId();
	const dialog = useRef<HTMLDialogElement>(null);
	useEffect(() => {
		const box = dialog.current;
		const before = document.activeElement;
		box?.showModal();
		return () => {
			box?.close();
			if (before instanceof HTMLElement)
				before.focus();
		};
	}, []);
	return (
		<dialog ref={dialog} aria-labelledby={id} onCancel={(event) => {
			event.preventDefault();
			close();
		}}>
			<div class="stack">
				<h2 id={id}>{title}</h2>
				{children}
			</div>
		</dialog>
	);
}
