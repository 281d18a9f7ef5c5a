import { useEffect, useMemo, useState } from "preact/hooks";
import { useRefresh } from "../lib/hooks.ts";
import { t, type Key, type Lang } from "../lib/i18n.ts";
import { toast } from "../lib/toast.ts";
import { Icon, type IconName } from "../ui/icon.tsx";
import type { Home } from "./api.ts";
import { CallScreen } from "./call_screen.tsx";
import { EngineContext, HomeContext, usePhone } from "./context.ts";
import { useOnline } from "./door.tsx";
import { Engine } from "./engine.ts";
import { Help } from "./help.tsx";
import { History, useMissed } from "./history.tsx";
import { HomePage } from "./home.tsx";
import { phone_front, phone_over } from "./phone.ts";
import { here_parse, page_href, PAGES, type Page } from "./place.ts";
import { push_renew } from "./push.ts";
import { Settings } from "./settings.tsx";
import { refused_text } from "./words.ts";
import { worker_asks } from "./worker.ts";

const REFRESH_MS = 30_000; // who can be reached

const NAV: Record<Page, { icon: IconName; key: Key }> = {
	home: { icon: "overview", key: "app.home" },
	calls: { icon: "calls", key: "calls.title" },
	help: { icon: "users", key: "support.title" },
	settings: { icon: "settings", key: "settings.title" },
};

interface Props {
	home: Home;
	reload: () => void;
	sign_out: () => void;
	leaving: boolean;
	change_language: (lang: Lang) => void;
}

function usePlace(answer: (call: string) => void): Page {
	const [page, set] = useState(() => here_parse(location.hash).page);
	useEffect(() => {
		const read = () => {
			const here = here_parse(location.hash);
			if (here.answer !== null) {
				history.replaceState(null, "", page_href(here.page)); // once, not on each reload
				answer(here.answer);
			}
			set(here.page);
		};
		read();
		addEventListener("hashchange", read);
		return () => removeEventListener("hashchange", read);
	}, []);
	return page;
}

function Connection() {
	const { linked } = usePhone();
	const online = useOnline();
	const [text, tone] = linked ? ["app.connected", "good"] as const
		: online ? ["app.connecting", "warn"] as const : ["app.offline_short", "bad"] as const;
	return <span role="status"><span class={`badge ${tone}`}>{t(text)}</span></span>;
}

function Nav({ page, missed }: { page: Page; missed: number }) {
	return (
		<nav class="app-nav" aria-label={t("nav")}>
			{PAGES.map((one) => (
				<a key={one} href={page_href(one)}
					{...(one === page ? { "aria-current": "page" } : {})}>
					<Icon name={NAV[one].icon} />
					<span>{t(NAV[one].key)}</span>
					{one === "calls" && missed > 0 && (
						<span class="app-count">{missed}<span class="hidden"> {t("call.missed")}</span></span>
					)}
				</a>
			))}
		</nav>
	);
}

function Pages({ page, ...leave }: Omit<Props, "home" | "reload"> & { page: Page }) {
	const phone = usePhone();
	const missed = useMissed(phone_over(phone), page === "calls");
	const front = phone_front(phone);
	return (
		<>
			<div class="app" inert={front !== null}>
				<header class="top">
					<a href={page_href("home")} class="brand">
						<svg class="logo" aria-hidden="true"><use href="#i-mark" /></svg>
						<span>Vestibule</span>
					</a>
					<Connection />
				</header>
				<Nav page={page} missed={missed} />
				<main id="main" class="stack">
					{page === "home" && <HomePage missed={missed} />}
					{page === "calls" && <History />}
					{page === "help" && <Help />}
					{page === "settings" && <Settings {...leave} />}
				</main>
			</div>
			{front !== null && <CallScreen call={front} />}
		</>
	);
}

// Everything for somebody who is signed in. The socket stands as long as this is there.
export function Inside({ home, reload, ...leave }: Props) {
	const engine = useMemo(() => new Engine({
		refused: (code) => toast(refused_text(code), true),
		lost: reload,
		back: reload,
	}), []);
	useEffect(() => engine.start(), [engine]);
	useEffect(() => {
		push_renew().catch(() => undefined); // the settings tell more
	}, []);
	useRefresh(reload, REFRESH_MS);
	useEffect(() => worker_asks((call, rings) => engine.when_rung(call, rings)), [engine]);
	const page = usePlace((call) =>
		engine.when_rung(call, () => engine.do({ do: "answer", call })));
	return (
		<HomeContext.Provider value={home}>
			<EngineContext.Provider value={engine}>
				<Pages page={page} {...leave} />
			</EngineContext.Provider>
		</HomeContext.Provider>
	);
}
