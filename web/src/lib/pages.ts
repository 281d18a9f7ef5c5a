import { useEffect, useState } from "preact/hooks";
import type { List } from "../api/types.ts";
import { problem_from, useLoad, type Loaded } from "./hooks.ts";
import { problem_text } from "./problem.ts";
import { toast } from "./toast.ts";

export interface Paged<T> {
	first: Loaded<List<T>>; // for Show
	items: readonly T[];
	next: { busy: boolean; read: () => void } | null;
}

// A list of the server that is read page by page; begins anew when `key` changes.
export function usePages<T>(key: string, read: (cursor: string | null) => Promise<List<T>>): Paged<T> {
	const first = useLoad(key, () => read(null));
	const [more, set_more] = useState<{ of: List<T>; items: T[]; next: string | null } | null>(null);
	const [busy, set_busy] = useState(false);
	useEffect(() => set_more(null), [first.data]);

	const behind = more !== null && more.of === first.data ? more : null;
	const cursor = behind === null ? first.data?.next ?? null : behind.next;
	const step = async (of: List<T>, from: string) => {
		if (busy)
			return;
		set_busy(true);
		try {
			const page = await read(from);
			set_more({ of, items: [...behind?.items ?? [], ...page.items], next: page.next });
		} catch (error) {
			toast(problem_text(problem_from(error)), true);
		}
		set_busy(false);
	};
	return {
		first,
		items: [...first.data?.items ?? [], ...behind?.items ?? []],
		next: first.data === null || cursor === null ? null
			: { busy, read: () => void step(first.data as List<T>, cursor) },
	};
}
