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
