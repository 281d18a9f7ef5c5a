// Light, dark, or what the system says: an attribute that the style sheet reads.
export type Theme = "auto" | "light" | "dark";
export const THEMES: readonly Theme[] = ["auto", "light", "dark"];
const STORED = "vestibule.theme";

export function theme_pick(stored: string | null): Theme {
	return THEMES.find((theme) => theme === stored) ?? "auto";
}

export function theme_current(): Theme {
	return theme_pick(localStorage.getItem(STORED));
}

export function theme_apply(theme: Theme): void {
	document.documentElement.dataset.theme = theme;
}

export function theme_store(theme: Theme): void {
	localStorage.setItem(STORED, theme);
	theme_apply(theme);
}
