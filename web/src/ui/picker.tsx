import type { InputHTMLAttributes } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { Problem } from "../api/client.ts";
import { problem_from } from "../lib/hooks.ts";
import { t } from "../lib/i18n.ts";
import { problem_text } from "../lib/problem.ts";
import { go } from "../lib/router.ts";
import { Dialog } from "./dialog.tsx";
import { Icon, type IconName } from "./icon.tsx";

const SETTLE_MS = 120; // between two keys of somebody who types

export interface PickItem {
	href: string;
	icon: IconName;
	title: string;
	detail: string;
}

interface Props {
	title: string;
	label: string;
	read: (text: string) => Promise<PickItem[]>;
	close: () => void;
}

interface Found {
	text: string;
	items: PickItem[];
	problem: Problem | null;
}

// The answers to what is typed; an answer that a later question has overtaken is dropped.
function useFound(text: string, read: (text: string) => Promise<PickItem[]>): Found | null {
	const [found, set] = useState<Found | null>(null);
	useEffect(() => {
		let old = false;
		const answer = (items: PickItem[], problem: Problem | null) =>
			old || set({ text, items, problem });
		const wait = setTimeout(() => void read(text).then(
			(items) => answer(items, null),
			(error: unknown) => answer([], problem_from(error))), text === "" ? 0 : SETTLE_MS);
		return () => {
			old = true;
			clearTimeout(wait);
		};
	}, [text]);
	return found;
}

function said(found: Found | null): string {
	if (found === null)
		return t("loading");
	if (found.problem !== null)
		return problem_text(found.problem);
	if (found.items.length > 0)
		return "";
	return found.text === "" ? t("search.hint") : t("no_match");
}

// A box to type into and what it finds; the arrows move, Enter goes there (the combobox pattern).
export function Picker({ title, label, read, close }: Props) {
	const id = useId();
	const [text, set_text] = useState("");
	const [at, set_at] = useState(0);
	const list = useRef<HTMLUListElement>(null);
	const found = useFound(text.trim(), read);
	const items = found?.items ?? [];
	useEffect(() => set_at(0), [found]);
	useEffect(() => list.current?.children[at]?.scrollIntoView({ block: "nearest" }), [at]);

	const choose = (item: PickItem | undefined) => {
		if (item === undefined)
			return;
		close();
		go(item.href);
	};
	const keyed = (event: KeyboardEvent) => {
		const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
		if (event.key === "Escape") {
			event.preventDefault(); // the browser would only empty the box
			close();
		} else if (event.key === "Enter") {
			event.preventDefault();
			if (found?.text === text.trim())
				choose(items[at]);
		} else if (step !== undefined && items.length > 0) {
			event.preventDefault();
			set_at((at + step + items.length) % items.length);
		}
	};
	return (
		<Dialog title={title} close={close}>
			<input {...{ type: "search", role: "combobox" } as InputHTMLAttributes}
				aria-label={label} placeholder={label} value={text} autocomplete="off" aria-expanded={items.length > 0} aria-controls={`${id}-list`}
				aria-autocomplete="list" maxLength={100}
				{...(items.length > 0 ? { "aria-activedescendant": `${id}-${at}` } : {})}
				onInput={(event) => set_text(event.currentTarget.value)} onKeyDown={keyed} />
			<ul class="picks" role="listbox" id={`${id}-list`} aria-label={title} ref={list}>
				{items.map((item, index) => (
					<li key={item.href} id={`${id}-${index}`} role="option" class="pick-item"
						aria-selected={index === at} onClick={() => choose(item)}>
						<Icon name={item.icon} />
						<span class="pick-text"><strong>{item.title}</strong>
							<span class="soft">{item.detail}</span></span>
					</li>
				))}
			</ul>
			<p class="soft" role="status">{said(found)}</p>
			<div><button onClick={close}>{t("close")}</button></div>
		</Dialog>
	);
}
