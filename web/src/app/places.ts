// The homes of a user, of the devices that are the user's. Pure.
import type { AppDevice } from "./api.ts";

// Several devices of one apartment see the same: it is shown once, and the first of them dials.
export function places(devices: readonly AppDevice[]): AppDevice[] {
	const found = new Map<string, AppDevice>();
	for (const one of devices) {
		const key = `${one.site_id} ${one.apartment?.id ?? one.id}`;
		const known = found.get(key);
		if (known === undefined)
			found.set(key, one);
		else
			found.set(key, { ...known, contacts: [...known.contacts, ...one.contacts.filter(({ id }) =>
				!known.contacts.some((other) => other.id === id))] });
	}
	return [...found.values()];
}
