// Notices that come when the app is closed (Web Push): what this browser can, and switching them on
// and off.
import { lang_current } from "../lib/i18n.ts";
import { app_api } from "./api.ts";

// A browser that cannot reach its maker's service tries without end.
const SUBSCRIBE_MAX_MS = 15_000;

// This server sends no notices.
export class PushNone extends Error {}

export type PushState = "unsupported" | "install" | "denied" | "off" | "on";

const is_apple_phone = () => /\b(iPhone|iPad)\b/.test(navigator.userAgent);
export const is_installed = () => matchMedia("(display-mode: standalone)").matches
	|| (navigator as { standalone?: boolean }).standalone === true;

async function current(): Promise<PushSubscription | null> {
	const worker = await navigator.serviceWorker.getRegistration("/app/");
	return await worker?.pushManager.getSubscription() ?? null;
}

export async function push_state(): Promise<PushState> {
	if (!("serviceWorker" in navigator && "PushManager" in globalThis
	      && "Notification" in globalThis))
		return is_apple_phone() && !is_installed() ? "install" : "unsupported";
	if (Notification.permission === "denied")
		return "denied";
	if (Notification.permission === "default")
		return "off";
	return await current() === null ? "off" : "on";
}

function key_bytes(text: string): Uint8Array<ArrayBuffer> {
	const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
	return Uint8Array.from(plain, (c) => c.charCodeAt(0));
}

function late<T>(after_ms: number): Promise<T> {
	return new Promise((_, fail) => setTimeout(() =>
		fail(new DOMException("the push service does not answer", "TimeoutError")), after_ms));
}

// Tells the server where notices go; also of one that it may have forgotten, or whose language has
// changed.
async function tell(subscription: PushSubscription): Promise<void> {
	const { keys } = subscription.toJSON();
	await app_api.push_on({ endpoint: subscription.endpoint, p256dh: keys?.["p256dh"] ?? "",
		auth: keys?.["auth"] ?? "", language: lang_current() });
}

// Throws a PushNone, a DOMException (denied, no service, too late) or a Problem.
export async function push_on(): Promise<void> {
	if (await Notification.requestPermission() !== "granted")
		throw new DOMException("denied", "NotAllowedError");
	const { key } = await app_api.push_key();
	if (key === null)
		throw new PushNone();
	const subscribed = async () => (await navigator.serviceWorker.ready).pushManager.subscribe(
		{ userVisibleOnly: true, applicationServerKey: key_bytes(key) });
	await tell(await Promise.race([subscribed(), late<PushSubscription>(SUBSCRIBE_MAX_MS)]));
}

export async function push_off(): Promise<void> {
	const subscription = await current();
	if (subscription === null)
		return;
	await app_api.push_off(subscription.endpoint);
	await subscription.unsubscribe();
}

export async function push_renew(): Promise<void> {
	if (await push_state() !== "on")
		return;
	const subscription = await current();
	if (subscription !== null)
		await tell(subscription);
}
