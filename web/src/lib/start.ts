// A page in the language of whoever looks at it, drawn anew when that is another.
import { lang_current, lang_follow, lang_initial, lang_load, lang_store, type Lang } from "./i18n.ts";
import { theme_apply, theme_current } from "./theme.ts";

export interface Speech {
	change_language: (lang: Lang) => void; // chosen here
	follow_language: (tag: string) => void; // that of who has signed in
}

// `who`: the language of who is signed in, null for nobody. A new key of what is drawn makes every
// component read its messages again.
export async function page_start(who: Promise<string | null>,
	draw: (key: Lang, speech: Speech) => void): Promise<void> {
	const show = async (lang: Lang) => {
		await lang_load(lang);
		draw(lang, { change_language, follow_language });
	};
	const change_language = (lang: Lang) => {
		lang_store(lang);
		void show(lang);
	};
	const follow_language = (tag: string) => {
		const lang = lang_follow(tag);
		if (lang !== lang_current())
			void show(lang);
	};
	theme_apply(theme_current());
	const first = lang_initial();
	const [tag] = await Promise.all([who, lang_load(first)]);
	await show(tag === null ? first : lang_follow(tag));
}
