import { LANGS, lang_current, t, type Lang } from "../lib/i18n.ts";

const OWN_NAME: Record<Lang, string> = { en: "English", fr: "Français" };

export const LANGUAGE_OPTIONS = LANGS.map((lang) => ({ value: lang, text: OWN_NAME[lang] }));

export function Language({ change }: { change: (lang: Lang) => void }) {
	return (
		<label class="choice">
			<span>{t("language")}</span>
			<select value={lang_current()}
				onChange={(event) => change(event.currentTarget.value as Lang)}>
				{LANGUAGE_OPTIONS.map(({ value, text }) =>
					<option key={value} value={value} lang={value}>{text}</option>)}
			</select>
		</label>
	);
}
