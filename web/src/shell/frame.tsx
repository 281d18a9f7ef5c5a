import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Session, Site } from "../api/types.ts";
import { t, type Lang } from "../lib/i18n.ts";
import type { Route } from "../lib/router.ts";
import { Icon } from "../ui/icon.tsx";
import { Language } from "../ui/language.tsx";
import { Link } from "../ui/link.tsx";
import { Account } from "./account.tsx";
import { Crumbs } from "./crumbs.tsx";
import { FindInSite, SwitchSite } from "./find.tsx";
import { PlaceContext } from "./place.ts";
import { Side } from "./side.tsx";

const DESK = "(min-width: 900px)"; // as in style.css

interface Props {
	route: Route;
	session: Session | null;
	change_language: (lang: Lang) => void;
	sign_out: () => void;
	leaving: boolean;
	children: ComponentChildren;
}

// What stands around every page: the bar at the top, the side bar once somebody is signed in, and
// the main landmark. Going to another page closes the drawer.
export function Frame({ route, session, children, ...account }: Props) {
	const [site, set_site] = useState<Site | null>(null);
	const [drawer, set_drawer] = useState(false);
	const [finding, set_finding] = useState<"site" | "sites" | null>(null);
	const menu = useRef<HTMLButtonElement>(null);
	useEffect(() => set_drawer(false), [route]);
	useEffect(() => { // there is no drawer on a desk
		const desk = matchMedia(DESK);
		const close = () => set_drawer(false);
		desk.addEventListener("change", close);
		return () => desk.removeEventListener("change", close);
	}, []);
	const here = route.page === "site" ? site : null;
	const inside = session !== null && route.page !== "setup";
	const find = () => set_finding(route.page === "site" ? "site" : "sites");
	useEffect(() => {
		const keyed = (event: KeyboardEvent) => {
			if (!inside || event.key !== "k" || !(event.ctrlKey || event.metaKey)
			    || document.querySelector("dialog[open]") !== null)
				return;
			event.preventDefault();
			find();
		};
		addEventListener("keydown", keyed);
		return () => removeEventListener("keydown", keyed);
	}, [inside, route]);
	return (
		<PlaceContext.Provider value={set_site}>
			<div class={inside ? "frame with-side" : "frame"} onKeyDown={(event) => {
				if (event.key === "Escape" && drawer) {
					set_drawer(false);
					menu.current?.focus();
				}
			}}>
				<a class="skip" href="#main">{t("skip")}</a>
				<header class="top">
					{inside && (
						<button class="bare drawer-button" ref={menu} aria-expanded={drawer}
							aria-controls="side" onClick={() => set_drawer(!drawer)}>
							<Icon name="menu" /><span class="hidden">{t("menu")}</span>
						</button>
					)}
					<Link href="/" class="brand">
						<svg class="logo" aria-hidden="true"><use href="#i-mark" /></svg>
						<span>Vestibule</span>
					</Link>
					<Crumbs route={route} site={here} />
					{inside && (
						<button class="find" onClick={find} aria-keyshortcuts="Control+K">
							<Icon name="search" /><span>{t("search")}</span>
						</button>
					)}
					{session !== null ? <Account session={session} {...account} />
						: <div class="alone"><Language change={account.change_language} /></div>}
				</header>
				{inside && (
					<Side route={route} site={here} open={drawer} switch_site={() => set_finding("sites")} />
				)}
				{drawer && <div class="shade" onClick={() => set_drawer(false)} />}
				<main id="main" tabIndex={-1} inert={drawer}>{children}</main>
				{finding === "sites" && <SwitchSite close={() => set_finding(null)} />}
				{finding === "site" && route.page === "site"
					&& <FindInSite site={route.site} close={() => set_finding(null)} />}
			</div>
		</PlaceContext.Provider>
	);
}
