import { useRef, useState } from "preact/hooks";
import type { List } from "../api/types.ts";
import { problem_from, useLoad, type Loaded } from "./hooks.ts";
import { problem_text } from "./problem.ts";
import { toast } from "./toast.ts";

export interface Paged<T> {
	first: Loaded<List<T>>; // for Show
	items: readonly T[];
	next: { busy: boolean; read: () => void } | null;
}

// A list of the server that is read page by page; begins anew when `key` changes. A reload reads as
// far as one has come: what somebody looks at does not fold up under the eyes.
export function usePages<T>(key: string, read: (cursor: string | null) => Promise<List<T>>): Paged<T> {
	const come = useRef({ key, n: 0 });
	if (come.current.key !== key)
		come.current = { key, n: 0 };
	const [busy, set_busy] = useState(false);
	const after = async (list: List<T>, cursor: string) => {
		const page = await read(cursor);
		return { items: [...list.items, ...page.items], next: page.next };
	};
	const first = useLoad(key, async () => {
		const { n } = come.current;
		let list = await read(null);
		while (list.next !== null && list.items.length < n)
			list = await after(list, list.next);
		return list;
	});
	const step = async (of: List<T>, cursor: string) => {
		if (busy)
			return;
		set_busy(true);
		try {
			const list = await after(of, cursor);
			if (come.current.key === key) {
				come.current.n = list.items.length;
				first.set(list);
			}
		} catch (error) {
			toast(problem_text(problem_from(error)), true);
		}
		set_busy(false);
	};
	const list = first.data;
	const cursor = list?.next ?? null;
	return {
		first,
		items: list?.items ?? [],
		next: list === null || cursor === null ? null
			: { busy, read: () => void step(list, cursor) },
	};
}
