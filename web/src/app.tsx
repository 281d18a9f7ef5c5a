import { useEffect, useState } from "preact/hooks";
import { api, client_on_signed_out } from "./api/client.ts";
import type { Session } from "./api/types.ts";
import { problem_from, useLoad, useRoute } from "./lib/hooks.ts";
import { t, type Lang } from "./lib/i18n.ts";
import { problem_text } from "./lib/problem.ts";
import { go, type Route } from "./lib/router.ts";
import { SessionContext } from "./lib/rights.ts";
import { toast } from "./lib/toast.ts";
import { Missing } from "./pages/missing.tsx";
import { Setup } from "./pages/setup.tsx";
import { SignIn } from "./pages/sign_in.tsx";
import { SitePage } from "./pages/site.tsx";
import { Sites } from "./pages/sites.tsx";
import { Language } from "./ui/language.tsx";
import { Link } from "./ui/link.tsx";
import { Show } from "./ui/loaded.tsx";
import { Toasts } from "./ui/toasts.tsx";

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

function Page({ route }: { route: Route }) {
	switch (route.page) {
	case "sites":
		return <Sites />;
	case "site":
		return <SitePage key={route.site} {...route} />;
	default:
		return <Missing />;
	}
}

export function App({ change_language }: { change_language: (lang: Lang) => void }) {
	const route = useRoute();
	const who = useLoad("session", who_read);
	const [leaving, set_leaving] = useState(false);
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
		<>
			<a class="skip" href="#main">{t("skip")}</a>
			<header class="bar">
				<div class="bar-in">
					<Link href="/" class="brand">
						<img src="/icon.svg" alt="" /><span>Vestibule</span>
					</Link>
					{who.data?.session && <span class="who soft">{who.data.session.name}</span>}
					<Language change={change_language} />
					{who.data?.session && (
						<button aria-disabled={leaving} onClick={sign_out}>{t("sign_out")}</button>
					)}
				</div>
			</header>
			<main id="main" tabIndex={-1}>
				{route.page === "setup"
					? <Setup done={who.reload} />
					: <Show of={who}>
						{({ session }) => session === null
							? <SignIn done={who.reload} />
							: <SessionContext.Provider value={session}>
								<Page route={route} />
							</SessionContext.Provider>}
					</Show>}
			</main>
			<Toasts />
		</>
	);
}
