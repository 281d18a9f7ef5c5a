// Short messages at the edge of the page; ui/toasts.tsx shows them.
const SHOWN_MS = 6_000;
const TOASTS_MAX = 4;

export interface Toast {
	id: number;
	text: string;
	bad: boolean;
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

// Good news replaces good news: only the last counts. Bad news stays its time.
export function toast(text: string, bad = false): void {
	const id = ++last;
	const kept = list.filter((one) => bad || one.bad);
	change([...kept.slice(1 - TOASTS_MAX), { id, text, bad }]);
	setTimeout(() => toast_close(id), SHOWN_MS);
}

export function toast_close(id: number): void {
	change(list.filter((one) => one.id !== id));
}
