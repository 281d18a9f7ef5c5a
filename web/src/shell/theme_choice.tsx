import { useState } from "preact/hooks";
import { t, type Key } from "../lib/i18n.ts";
import { THEMES, theme_current, theme_store, type Theme } from "../lib/theme.ts";

const TEXT: Record<Theme, Key> = {
	auto: "theme.auto", light: "theme.light", dark: "theme.dark",
};

export function ThemeChoice() {
	const [theme, set] = useState(theme_current);
	return (
		<label class="choice">
			<span>{t("theme")}</span>
			<select value={theme} onChange={(event) => {
				const chosen = event.currentTarget.value as Theme;
				theme_store(chosen);
				set(chosen);
			}}>
				{THEMES.map((one) => <option key={one} value={one}>{t(TEXT[one])}</option>)}
			</select>
		</label>
	);
}
