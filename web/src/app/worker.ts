// The page's side of its worker (sw.ts).

// Without a worker everything works but notices, and opening without a server.
export function worker_start(): void {
	if (!("serviceWorker" in navigator))
		return;
	const { serviceWorker } = navigator;
	serviceWorker.addEventListener("message", ({ data }) => {
		if (typeof data?.go === "string")
			location.hash = data.go;
	});
	void serviceWorker.register("/app/sw.js", { scope: "/app/" }).catch(console.warn);
	void serviceWorker.ready.then(({ active }) => active?.postMessage({ keep:
		performance.getEntriesByType("resource").map(({ name }) => new URL(name).pathname) }));
}

// The worker shows no notice of a ring where a page that is looked at says that it rings. `asked` is
// called with the call, and with what says so. Returns what ends it.
export function worker_asks(asked: (call: string, rings: () => void) => void): () => void {
	if (!("serviceWorker" in navigator))
		return () => undefined;
	const hear = ({ data, ports }: MessageEvent) => {
		if (typeof data?.rings === "string")
			asked(data.rings, () => ports[0]?.postMessage(true));
	};
	navigator.serviceWorker.addEventListener("message", hear);
	return () => navigator.serviceWorker.removeEventListener("message", hear);
}
