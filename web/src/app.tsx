import { useEffect, useState } from "preact/hooks";
import { api, client_early, client_early_forget, client_on_signed_out, site_path } from "./api/client.ts";
import type { Session } from "./api/types.ts";
import { problem_from, useLoad, useRoute, type Loaded } from "./lib/hooks.ts";
import { problem_text } from "./lib/problem.ts";
import { go, route_parse, type Route } from "./lib/router.ts";
import { grants_allow_company, SessionContext, useCan, useGrants } from "./lib/rights.ts";
import type { Speech } from "./lib/start.ts";
import { toast } from "./lib/toast.ts";
import type { ComponentType } from "preact";
import { Missing } from "./pages/missing.tsx";
import { Setup } from "./pages/setup.tsx";
import { SignIn } from "./pages/sign_in.tsx";
import { SignInLinks } from "./pages/sign_in_links.tsx";
import { SitePage, site_part_early, site_part_start } from "./pages/site.tsx";
import { Sites } from "./pages/sites.tsx";
import { Frame } from "./shell/frame.tsx";
import { Later } from "./ui/later.tsx";
import { Show } from "./ui/loaded.tsx";
import { Toasts } from "./ui/toasts.tsx";
import { Verify } from "./ui/verify.tsx";

interface Who {
	session: Session | null;
}

// No session: nobody is signed in, which is an answer and not a failure.
async function who_read(): Promise<Who> {
	try {
		return { session: await api.session() };
	} catch (error) {
		const problem = problem_from(error);
		if (problem.status === 401)
			return { session: null };
		throw problem;
	}
}

const part = async <P,>(file: Promise<{ default: ComponentType<P> }>) => (await file).default;

// What whoever follows a link sees, signed in or not; null for the other pages.
function Public({ page, who }: { page: Route["page"]; who: Loaded<Who> }) {
	switch (page) {
	case "setup":
		return <Setup done={who.reload} />;
	case "register":
		return <Later name="register" load={() => part(import("./pages/register.tsx"))} with={{}} />;
	case "activate":
		return <Later name="activate" load={() => part(import("./pages/activate.tsx"))}
			with={{ signed_in: (session: Session) => who.set({ session }) }} />;
	case "forgotten":
		return <Later name="forgotten" load={() => part(import("./pages/forgotten.tsx"))} with={{}} />;
	case "reset":
		return <Later name="reset" load={() => part(import("./pages/reset.tsx"))}
			with={{ signed_out: () => who.set({ session: null }) }} />;
	case "confirm-email":
		return <Later name="confirm-email" load={() => part(import("./pages/confirm_email.tsx"))}
			with={{ changed: who.reload }} />;
	default:
		return null;
	}
}

const PUBLIC: readonly Route["page"][] = ["setup", "register", "activate", "forgotten", "reset",
	"confirm-email"];

let first: Who | null = null;

// Asks for what the first page needs, side by side, so that it appears in one piece. A failure is
// found again, and shown, by the page. Returns the language of who is signed in; null for nobody.
export async function app_start(): Promise<string | null> {
	const route = route_parse(location.pathname);
	const site = route.page === "site";
	if (site)
		for (const rest of ["", ...site_part_early(route.tab, route.item)])
			client_early(site_path(route.site, rest));
	[first] = await Promise.all([
		who_read().catch(() => null),
		site ? site_part_start(route.tab, route.item) : null,
	]);
	const session = first?.session ?? null;
	if (session === null)
		client_early_forget();
	return session?.language ?? null;
}

// Who lacks the right to a page is told that there is none, as the API does.
function Page({ route, changed }: { route: Route; changed: () => void }) {
	const can = useCan(null);
	const grants = useGrants();
	switch (route.page) {
	case "sites":
		return <Sites />;
	case "companies":
		return can("company_read")
			? <Later name="companies" load={() => part(import("./pages/companies.tsx"))} with={{}} />
			: <Missing />;
	case "site":
		return <SitePage key={route.site} {...route} />;
	case "account":
		return <Later name="account" load={() => part(import("./pages/account.tsx"))}
			with={{ changed }} />;
	case "company-audit":
		return grants_allow_company(grants, "audit_read", route.company)
			? <Later key={route.company} name="company-audit"
				load={() => part(import("./pages/company_audit.tsx"))} with={{ id: route.company }} />
			: <Missing />;
	case "mails":
		if (!can("mail_read"))
			return <Missing />;
		return route.item === null
			? <Later name="mails" load={() => part(import("./pages/mails.tsx"))} with={{}} />
			: <Later key={route.item} name="mail"
				load={() => part(import("./pages/mail_detail.tsx"))} with={{ id: route.item }} />;
	case "suspects":
		return can("suspect_read")
			? <Later name="suspects" load={() => part(import("./pages/suspects.tsx"))} with={{}} />
			: <Missing />;
	default:
		return <Missing />;
	}
}

export function App({ change_language, follow_language }: Speech) {
	const route = useRoute();
	const who = useLoad("session", who_read, first);
	useEffect(() => { // what comes later is read anew
		first = null;
	}, []);
	const session = who.data?.session ?? null;
	const [leaving, set_leaving] = useState(false);
	useEffect(() => {
		if (session !== null)
			follow_language(session.language);
	}, [session?.language]);
	useEffect(() => client_on_signed_out(() => who.set({ session: null })), []);

	const sign_out = async () => {
		if (leaving)
			return;
		set_leaving(true);
		try {
			await api.sign_out();
			who.set({ session: null });
			go("/");
		} catch (error) {
			toast(problem_text(problem_from(error)), true);
		}
		set_leaving(false);
	};
	return (
		<SessionContext.Provider value={session}>
			<Frame route={route} session={session} leaving={leaving}
				change_language={change_language} sign_out={() => void sign_out()}>
				{PUBLIC.includes(route.page)
					? <Public key={route.page} page={route.page} who={who} />
					: <Show of={who}>
						{() => session === null
							? <SignIn done={who.reload}><SignInLinks /></SignIn>
							: <Page route={route} changed={who.reload} />}
					</Show>}
			</Frame>
			<Verify />
			<Toasts />
		</SessionContext.Provider>
	);
}
