import { createContext, type ComponentChildren } from "preact";
import { useContext, useEffect, useRef, useState } from "preact/hooks";

const STIR_PX = 6; // a press that moves less is none
const EDGE_PX = 70; // of the window: near it the page scrolls along
const SCROLL_PX = 12; // a frame

export interface Carried {
	device: string;
	from: string | null; // the place that it is taken from
}

interface Carrying {
	what: Carried;
	x: number;
	y: number;
	over: string | null;
}

interface Context {
	start: (event: PointerEvent, what: Carried, name: string) => void;
	over: string | null;
}

const DragContext = createContext<Context>({ start: () => undefined, over: null });

// The place that the pointer is over, and how one begins to carry.
export function useDrag(): Context {
	return useContext(DragContext);
}

function place_at(x: number, y: number): string | null {
	return document.elementFromPoint(x, y)?.closest<HTMLElement>("[data-drop]")?.dataset["drop"] ?? null;
}

function scroll_along(y: number): void {
	if (y < EDGE_PX)
		scrollBy(0, -SCROLL_PX);
	else if (y > innerHeight - EDGE_PX)
		scrollBy(0, SCROLL_PX);
}

interface Props {
	drop: (what: Carried, place: string) => void;
	children: ComponentChildren;
}

// Things inside can be carried by mouse, pen or finger onto an element with data-drop. It is one way
// among two: whatever can be carried must also be done with the keyboard.
export function DragArea({ drop, children }: Props) {
	const [carrying, set] = useState<Carrying | null>(null);
	const [name, set_name] = useState("");
	const now = useRef<Carrying | null>(null);
	const stop = useRef(() => undefined as void);
	const put = (next: Carrying | null) => {
		now.current = next;
		set(next);
	};
	useEffect(() => () => stop.current(), []);
	const start = (event: PointerEvent, what: Carried, text: string) => {
		if (event.button !== 0 || now.current !== null)
			return;
		const { pointerId, clientX, clientY } = event;
		let frame = 0;
		const mine = (then: (event: PointerEvent) => void) => (event: PointerEvent) => {
			if (event.pointerId === pointerId)
				then(event);
		};
		const scrolls = () => {
			if (now.current !== null)
				scroll_along(now.current.y);
			frame = requestAnimationFrame(scrolls);
		};
		const move = mine(({ clientX: x, clientY: y }) => {
			if (now.current !== null || Math.hypot(x - clientX, y - clientY) >= STIR_PX)
				put({ what, x, y, over: place_at(x, y) });
		});
		const up = mine(({ clientX: x, clientY: y }) => {
			const place = now.current === null ? null : place_at(x, y);
			stop.current();
			if (place !== null && place !== what.from)
				drop(what, place);
		});
		const away = mine(() => stop.current());
		const key = (event: KeyboardEvent) => event.key === "Escape" && stop.current();
		stop.current = () => {
			cancelAnimationFrame(frame);
			removeEventListener("pointermove", move);
			removeEventListener("pointerup", up);
			removeEventListener("pointercancel", away);
			removeEventListener("keydown", key);
			put(null);
		};
		addEventListener("pointermove", move);
		addEventListener("pointerup", up);
		addEventListener("pointercancel", away);
		addEventListener("keydown", key);
		frame = requestAnimationFrame(scrolls);
		set_name(text);
	};
	return (
		<DragContext.Provider value={{ start, over: carrying?.over ?? null }}>
			{children}
			{carrying !== null && (
				<div class="carried" aria-hidden="true"
					style={{ left: `${carrying.x}px`, top: `${carrying.y}px` }}>{name}</div>
			)}
		</DragContext.Provider>
	);
}
