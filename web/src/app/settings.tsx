import { useContext } from "preact/hooks";
import { t, type Lang } from "../lib/i18n.ts";
import { ThemeChoice } from "../shell/theme_choice.tsx";
import { Heading } from "../ui/heading.tsx";
import { Language } from "../ui/language.tsx";
import { HomeContext } from "./context.ts";
import { Notices } from "./notices.tsx";
import { QuietTimes } from "./quiet.tsx";
import { place_text } from "./words.ts";

interface Props {
	sign_out: () => void;
	leaving: boolean;
	change_language: (lang: Lang) => void;
}

function Devices() {
	const { devices } = useContext(HomeContext);
	return (
		<section class="card stack" aria-labelledby="own-devices">
			<h2 id="own-devices">{t("app.devices")}</h2>
			<p class="soft">{t("app.devices_text")}</p>
			<ul class="stack">
				{devices.map((one) => (
					<li key={one.id}><strong>{one.name}</strong>
						<p class="soft">{place_text(one)} · <span class="mono">{one.id}</span></p></li>
				))}
			</ul>
		</section>
	);
}

export function Settings({ sign_out, leaving, change_language }: Props) {
	const { name, person } = useContext(HomeContext);
	return (
		<div class="stack">
			<Heading text={t("settings.title")} />
			<div class="cards">
				<Notices />
				{person && <QuietTimes />}
				<Devices />
				<section class="card stack" aria-labelledby="looks">
					<h2 id="looks">{t("app.looks")}</h2>
					<Language change={change_language} />
					<ThemeChoice />
				</section>
				<section class="card stack" aria-labelledby="account">
					<h2 id="account">{t("account")}</h2>
					<p>{name}</p>
					<div class="row">
						<button aria-disabled={leaving} onClick={sign_out}>{t("sign_out")}</button>
						{person && <a href="/account">{t("app.portal")}</a>}
					</div>
				</section>
			</div>
		</div>
	);
}
