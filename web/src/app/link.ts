// The socket to the server. It comes back by itself; messages go in and out as they are.
import { backoff_ms } from "../lib/live.ts";
import { said_parse, type Said, type Say } from "./protocol.ts";

export interface LinkHandlers {
	said: (said: Said) => void;
	lost: () => void;
}

export interface Link {
	say: (message: Say) => void;
	again: () => void; // at once, instead of after the wait
	close: () => void;
}

export function link_url(origin: string): string {
	const url = new URL("/api/v1/app/live", origin);
	url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
	return url.href;
}

export function link_open(on: LinkHandlers): Link {
	let attempt = 0;
	let closed = false;
	let wait: number | undefined;
	let socket: WebSocket;

	const connect = () => {
		clearTimeout(wait);
		wait = undefined;
		const mine = new WebSocket(link_url(location.origin));
		socket = mine;
		mine.onmessage = ({ data }) => {
			const said = said_parse(data);
			if (said?.type === "hello")
				attempt = 0;
			if (said !== null && mine === socket && !closed)
				on.said(said);
		};
		mine.onclose = () => {
			if (closed || mine !== socket)
				return;
			on.lost();
			wait = window.setTimeout(connect, backoff_ms(attempt++, Math.random()));
		};
	};
	connect();
	return {
		say: (message) => {
			if (socket.readyState === WebSocket.OPEN)
				socket.send(JSON.stringify(message));
		},
		again: () => {
			if (wait !== undefined)
				connect();
		},
		close: () => {
			closed = true;
			clearTimeout(wait);
			socket.close();
		},
	};
}
