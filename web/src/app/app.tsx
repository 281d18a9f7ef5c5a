import { useEffect, useState } from "preact/hooks";
import { api, client_on_signed_out, Problem } from "../api/client.ts";
import { problem_from, useLoad } from "../lib/hooks.ts";
import { problem_text } from "../lib/problem.ts";
import type { Speech } from "../lib/start.ts";
import { toast } from "../lib/toast.ts";
import { Show } from "../ui/loaded.tsx";
import { Toasts } from "../ui/toasts.tsx";
import { app_api, type Home } from "./api.ts";
import { Door } from "./door.tsx";
import { Inside } from "./inside.tsx";
import { push_off } from "./push.ts";

const AGAIN_MS = 5_000;

// home null: nobody is signed in. barred: somebody is, whom no app device belongs to.
interface Who {
	home: Home | null;
	barred: boolean;
	language: string | null;
}

const NOBODY: Who = { home: null, barred: false, language: null };

async function who_read(): Promise<Who> {
	try {
		const home = await app_api.home();
		return { home, barred: false, language: home.person ? (await api.session()).language : null };
	} catch (error) {
		const { status } = problem_from(error);
		if (status === 401)
			return NOBODY;
		if (status === 403)
			return { ...NOBODY, barred: true };
		throw error;
	}
}

let first: Who | null = null;

// Returns the language of who is signed in; null for nobody.
export async function app_start(): Promise<string | null> {
	first = await who_read().catch(() => null);
	return first?.language ?? null;
}

// A person and a device may be signed in side by side. What is over already is as good as ended.
async function sessions_end(): Promise<void> {
	await push_off().catch(() => undefined);
	for (const end of [app_api.sign_out, api.sign_out]) {
		try {
			await end();
		} catch (error) {
			if (!(error instanceof Problem) || ![401, 403].includes(error.status))
				throw error;
		}
	}
}

export function App({ change_language, follow_language }: Speech) {
	const who = useLoad("home", who_read, first);
	const [leaving, set_leaving] = useState(false);
	useEffect(() => { // what comes later is read anew
		first = null;
		client_on_signed_out(() => who.set(NOBODY));
		const again = () => who.reload();
		addEventListener("online", again);
		return () => removeEventListener("online", again);
	}, []);
	useEffect(() => { // somebody may wait for a ring: a server that is away comes back
		const wait = who.problem === null ? undefined : setTimeout(who.reload, AGAIN_MS);
		return () => clearTimeout(wait);
	}, [who.problem]);
	const language = who.data?.language ?? null;
	useEffect(() => {
		if (language !== null)
			follow_language(language);
	}, [language]);
	const sign_out = async () => {
		if (leaving)
			return;
		set_leaving(true);
		try {
			await sessions_end();
			who.set(NOBODY);
		} catch (error) {
			toast(problem_text(problem_from(error)), true);
		}
		set_leaving(false);
	};
	const leave = { sign_out: () => void sign_out(), leaving, change_language };
	return (
		<>
			{who.data?.home
				? <Inside home={who.data.home} reload={who.reload} {...leave} />
				: <Door {...leave} barred={who.data?.barred === true} done={who.reload}>
					{(inside) => <Show of={who}>{() => inside}</Show>}
				</Door>}
			<Toasts />
		</>
	);
}
