import type { ComponentChildren } from "preact";
import { useId, useRef } from "preact/hooks";

interface Props<K extends string> {
	label: string;
	tabs: readonly { key: K; text: string }[];
	chosen: K;
	choose: (key: K) => void;
	children: ComponentChildren;
}

// Views of one thing, one at a time. The arrows move between the tabs, Tab leaves them.
export function Tabs<K extends string>({ label, tabs, chosen, choose, children }: Props<K>) {
	const id = useId();
	const list = useRef<HTMLDivElement>(null);
	const move = (event: KeyboardEvent) => {
		const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
		if (step === undefined)
			return;
		const at = tabs.findIndex(({ key }) => key === chosen) + step + tabs.length;
		const next = tabs[at % tabs.length];
		if (next === undefined)
			return;
		event.preventDefault();
		choose(next.key);
		list.current?.querySelector<HTMLElement>(`[data-key="${next.key}"]`)?.focus();
	};
	return (
		<div class="stack">
			<div class="tabs" role="tablist" aria-label={label} ref={list} onKeyDown={move}>
				{tabs.map(({ key, text }) => (
					<button key={key} type="button" role="tab" data-key={key} class="bare"
						aria-selected={key === chosen} tabIndex={key === chosen ? 0 : -1}
						id={`${id}-${key}`} aria-controls={`${id}-panel`}
						onClick={() => choose(key)}>
						{text}
					</button>
				))}
			</div>
			<div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${chosen}`}>
				{children}
			</div>
		</div>
	);
}
