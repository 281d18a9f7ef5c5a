// The app's worker: shows notices while the app is closed, and keeps what the app consists of, so
// that it opens without a server and says so. build.mjs gives it the names of the files and the
// words of the notices.
import type { Key } from "../lib/i18n.ts";
import { data_url } from "./data_url.ts";
import {
	notice_opened, notice_pictured, notice_plan, type Notice, type NoticeData,
} from "./notice.ts";

declare const SHELL: readonly string[];
declare const SHELL_NAME: string;
declare const NOTICE_WORDS: Record<string, Partial<Record<Key, string>>>;

// What we use of the worker's scope, which the DOM's types do not have.
interface Extended extends Event {
	waitUntil: (until: Promise<unknown>) => void;
}
interface Fetched extends Extended {
	request: Request;
	respondWith: (answer: Promise<Response>) => void;
}
interface Clicked extends Extended {
	action: string;
	notification: Notification;
}
interface Window {
	url: string;
	visibilityState: DocumentVisibilityState;
	focus: () => Promise<unknown>;
	postMessage: (message: unknown, ports?: MessagePort[]) => void;
}
interface Scope {
	clients: {
		claim: () => Promise<void>;
		matchAll: (how: object) => Promise<Window[]>;
		openWindow: (url: string) => Promise<unknown>;
	};
	registration: ServiceWorkerRegistration;
	skipWaiting: () => Promise<void>;
	addEventListener: {
		(type: "install" | "activate", listen: (event: Extended) => void): void;
		(type: "fetch", listen: (event: Fetched) => void): void;
		(type: "push", listen: (event: Extended & { data: { json: () => unknown } | null }) => void): void;
		(type: "message", listen: (event: Extended & { data: unknown }) => void): void;
		(type: "notificationclick", listen: (event: Clicked) => void): void;
	};
}
const scope = self as unknown as Scope;

const CACHE = `vestibule-app-${SHELL_NAME}`;
const KEPT_MAX = 200; // files a page may ask to be kept
const RINGS_MS = 1_500; // a page that has not rung by then may have lost its socket
const PICTURE_MAX = 256 * 1024; // bytes that the server gives
const PICTURE_MS = 5_000; // for one to come
// Before each look whether it is there. Chromium loses a notice that is asked for while it comes up.
const PICTURE_AFTER_MS = [1_000, 1_000, 1_500, 2_000];

const words = (language: string, key: Key) =>
	NOTICE_WORDS[language.split("-")[0] ?? ""]?.[key] ?? NOTICE_WORDS["en"]?.[key] ?? "";

scope.addEventListener("install", (event) => {
	event.waitUntil((async () => {
		await (await caches.open(CACHE)).addAll([...SHELL]);
		await scope.skipWaiting();
	})());
});

scope.addEventListener("activate", (event) => {
	event.waitUntil((async () => {
		for (const name of await caches.keys())
			if (name.startsWith("vestibule-app-") && name !== CACHE)
				await caches.delete(name);
		await scope.clients.claim();
	})());
});

// What has a hash in its name never changes; a page comes from the server as long as there is one.
async function answer(request: Request): Promise<Response> {
	const cache = await caches.open(CACHE);
	if (request.mode !== "navigate")
		return await cache.match(request) ?? await fetch(request);
	try {
		const fresh = await fetch(request);
		return fresh.status < 500 ? fresh : await cache.match("/app/") ?? fresh;
	} catch (error) {
		const kept = await cache.match("/app/");
		if (kept === undefined)
			throw error;
		return kept;
	}
}

scope.addEventListener("fetch", (event) => {
	const { request } = event;
	const { origin, pathname } = new URL(request.url);
	if (request.method === "GET" && origin === location.origin
	    && (request.mode === "navigate" || pathname.startsWith("/assets/")
	        || SHELL.includes(pathname)))
		event.respondWith(answer(request));
});

// A page names what else it needed: its language, and the parts that were loaded later.
async function keep(paths: unknown[]): Promise<void> {
	const cache = await caches.open(CACHE);
	for (const path of paths.slice(0, KEPT_MAX))
		if (typeof path === "string" && path.startsWith("/assets/")
		    && await cache.match(path) === undefined)
			await cache.add(path).catch(() => undefined); // an older page's: it is gone
}

scope.addEventListener("message", (event) => {
	const { data } = event;
	if (data !== null && typeof data === "object" && "keep" in data && Array.isArray(data.keep))
		event.waitUntil(keep(data.keep));
});

const post = (path: string, token: string) => fetch(`/api/v1/app${path}`, {
	method: "POST", headers: { "content-type": "application/json" },
	body: JSON.stringify({ token }),
});

const show = ({ title, options }: Notice) => scope.registration.showNotification(title, options);

async function close(tag: string): Promise<void> {
	for (const one of await scope.registration.getNotifications({ tag }))
		one.close();
}

// What is done with the notices of a call is done one after the other: one that is just being shown is
// neither found nor closed.
const turns = new Map<string, Promise<void>>();

function in_turn(call: string, act: () => Promise<void>): Promise<void> {
	const turn = (turns.get(call) ?? Promise.resolve()).then(act, act);
	turns.set(call, turn);
	const over = () => {
		if (turns.get(call) === turn)
			turns.delete(call);
	};
	turn.then(over, over);
	return turn;
}

// Fetched here, so that the cookie goes along, and that it cannot be too late or too large: what a
// browser does with an image's address is its own affair. Null: there is none.
async function picture(path: string): Promise<string | null> {
	for (const after_ms of PICTURE_AFTER_MS) {
		await new Promise((done) => setTimeout(done, after_ms));
		const answer = await fetch(`/api/v1/app${path}`, { cache: "no-store",
			signal: AbortSignal.timeout(PICTURE_MS) }).catch(() => null);
		if (answer === null || [204, 404].includes(answer.status) || answer.status >= 500)
			continue;
		const blob = answer.ok && answer.headers.get("content-type") === "image/jpeg"
			? await answer.blob().catch(() => null) : null;
		return blob === null || blob.size > PICTURE_MAX ? null : await data_url(blob);
	}
	return null;
}

const pressed = new Set<string>(); // tags: what was pressed is on its way out

// Once its notice is shown, which waits for nothing. One that was taken back, pressed or swiped away
// meanwhile does not come again.
async function show_picture(notice: Notice, path: string): Promise<void> {
	const image = await picture(path).catch(() => null);
	const { tag, data } = notice.options;
	if (image === null)
		return;
	await in_turn(data.call, async () => {
		const shown = await scope.registration.getNotifications({ tag });
		if (shown.length === 0 || pressed.has(tag))
			return;
		await show(notice_pictured(notice, image));
		if (pressed.has(tag))
			await close(tag);
	});
}

const windows = async () =>
	(await scope.clients.matchAll({ type: "window", includeUncontrolled: true }))
		.filter(({ url }) => new URL(url).pathname.startsWith("/app/"));

function page_rings(page: Window, call: string): Promise<boolean> {
	return new Promise((done) => {
		const { port1, port2 } = new MessageChannel();
		port1.onmessage = () => done(true);
		setTimeout(() => done(false), RINGS_MS);
		page.postMessage({ rings: call }, [port2]);
	});
}

// Somebody looks at a page that rings: a notice beside it would be one too many.
async function looked_at(call: string): Promise<boolean> {
	const pages = (await windows()).filter(({ visibilityState }) => visibilityState === "visible");
	return (await Promise.all(pages.map((page) => page_rings(page, call)))).includes(true);
}

async function pushed(payload: unknown): Promise<void> {
	const plan = notice_plan(payload, Date.now(), words);
	if (plan === null)
		return;
	if (plan.do === "close")
		return await in_turn(plan.call, () => close(plan.tag));
	// The ring counts, not its trace: it waits for no answer of the server.
	const told = plan.seen === null ? null : post("/push/seen", plan.seen).catch(() => undefined);
	const { type, call } = plan.notice.options.data;
	let shown = false;
	await in_turn(call, async () => {
		if (plan.close !== null)
			await close(plan.close);
		shown = type !== "ring" || !await looked_at(call);
		if (shown)
			await show(plan.notice);
	});
	if (shown && plan.picture !== null)
		await show_picture(plan.notice, plan.picture);
	await told;
}

scope.addEventListener("push", (event) => {
	let payload: unknown = null;
	try {
		payload = event.data?.json();
	} catch {
		// nothing that we have sent
	}
	event.waitUntil(pushed(payload));
});

// The page that is there comes to the front, or a new one: with the call, answered if so wished.
async function to_page(hash: string): Promise<void> {
	const [page] = await windows();
	if (page === undefined) {
		await scope.clients.openWindow(`/app/#${hash}`);
		return;
	}
	page.postMessage({ go: hash });
	await page.focus();
}

async function open_door(data: NoticeData, title: string): Promise<void> {
	const well = data.open !== null && await post("/open", data.open)
		.then(({ ok }) => ok, () => false);
	await show(notice_opened(data, title, well, words));
}

scope.addEventListener("notificationclick", (event) => {
	const { notification, action } = event;
	const data = notification.data as NoticeData;
	pressed.add(notification.tag);
	notification.close();
	if (action === "open")
		event.waitUntil(open_door(data, notification.title));
	else if (data.type === "ring")
		event.waitUntil(to_page(`${action === "answer" ? "answer" : "call"}/${data.call}`));
	else
		event.waitUntil(to_page("/calls"));
});
