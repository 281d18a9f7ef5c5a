// A captcha is fetched and solved in the background; nobody has to do anything.
import { api, Problem } from "../api/client.ts";

declare const CAPTCHA_WORKER: string; // the worker's address; build.mjs knows it

// What POST /registration and POST /password/forgotten take as `captcha`.
export async function captcha_get(): Promise<string> {
	const challenge = await api.captcha();
	const worker = new Worker(CAPTCHA_WORKER);
	try {
		return await new Promise<string>((done, failed) => {
			worker.onmessage = (event: MessageEvent<string>) => done(event.data);
			worker.onerror = () => failed(new Problem(0));
			worker.postMessage(challenge);
		});
	} finally {
		worker.terminate();
	}
}
