// The server's SIP address as somebody types it into a device. Pure.

const ANYWHERE = ["0.0.0.0", "::"];

export interface Registrar {
	host: string;
	port: string;
}

// A server that listens on every address is where this page came from.
export function registrar_parse(text: string, page_host: string): Registrar {
	const cut = text.lastIndexOf(":");
	const host = text.slice(0, cut).replace(/^\[|\]$/g, "");
	return {
		host: ANYWHERE.includes(host) ? page_host.replace(/^\[|\]$/g, "") : host,
		port: text.slice(cut + 1),
	};
}
