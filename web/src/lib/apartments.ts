import type { Apartment } from "../api/types.ts";

export function apartment_label(one: Apartment): string {
	return one.name ? `${one.number} · ${one.name}` : one.number;
}
