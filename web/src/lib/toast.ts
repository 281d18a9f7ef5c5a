// Short messages at the edge of the page; ui/toasts.tsx shows them.
const SHOWN_MS = 6_000;
const UNDO_MS = 20_000; // long enough to read, decide and reach it without a mouse
const TOASTS_MAX = 4;

export interface Toast {
	id: number;
	text: string;
	bad: boolean;
	undo: (() => Promise<void>) | null;
}

let list: readonly Toast[] = [];
let last = 0;
let listener: (list: readonly Toast[]) => void = () => undefined;

function change(next: readonly Toast[]): void {
	list = next;
	listener(list);
}

export function toast_listen(fn: (list: readonly Toast[]) => void): void {
	listener = fn;
}

// `undo` takes back what the toast tells of, and is offered as long as it is there.
// Good news replaces good news: only the last counts. Bad news stays its time.
export function toast(text: string, bad = false, undo: Toast["undo"] = null): void {
	const id = ++last;
	const kept = list.filter((one) => bad || one.bad);
	change([...kept.slice(1 - TOASTS_MAX), { id, text, bad, undo }]);
	setTimeout(() => toast_close(id), undo === null ? SHOWN_MS : UNDO_MS);
}

export function toast_close(id: number): void {
	change(list.filter((one) => one.id !== id));
}
