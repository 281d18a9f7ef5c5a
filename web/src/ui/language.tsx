import { LANGS, lang_current, lang_name, t, type Lang } from "../lib/i18n.ts";

const OPTIONS: readonly { value: string; text: string }[] =
	LANGS.map((lang) => ({ value: lang, text: lang_name(lang) }));

// What `own` may become. A language that these pages do not have stays what it is.
export function language_options(own: string): { value: string; text: string }[] {
	return OPTIONS.some(({ value }) => value === own)
		? [...OPTIONS] : [...OPTIONS, { value: own, text: own }];
}

export function Language({ change }: { change: (lang: Lang) => void }) {
	return (
		<label class="choice">
			<span>{t("language")}</span>
			<select value={lang_current()}
				onChange={(event) => change(event.currentTarget.value as Lang)}>
				{OPTIONS.map(({ value, text }) =>
					<option key={value} value={value} lang={value}>{text}</option>)}
			</select>
		</label>
	);
}
