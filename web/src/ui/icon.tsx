export type IconName = "overview" | "devices" | "phone" | "apartments" | "calls" | "users" | "person"
	| "settings" | "page" | "search" | "menu" | "switch" | "next" | "up" | "down" | "check" | "plus"
	| "print" | "door" | "button" | "company" | "audit" | "mail" | "shield" | "mic" | "mic_off" | "sound" | "sound_off"
	| "keypad" | "camera" | "hang_up" | "eye";

// A drawing of the page's sprite (icons.svg); decoration, so the words beside it carry the meaning.
export function Icon({ name }: { name: IconName }) {
	return <svg class="icon" aria-hidden="true"><use href={`#i-${name}`} /></svg>;
}
