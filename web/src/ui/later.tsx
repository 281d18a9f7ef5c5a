import type { ComponentChildren, ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useLoad } from "../lib/hooks.ts";
import { Show } from "./loaded.tsx";

const AGAIN_MS = 3000; // between tries to fetch code from a server that is away

type Load<P> = () => Promise<ComponentType<P>>;

interface Props<P> {
	name: string;
	load: Load<P>;
	with: P;
}

const parts = new Map<string, ComponentType<unknown>>();

async function fetched<P>(name: string, load: Load<P>): Promise<true> {
	if (!parts.has(name))
		parts.set(name, await load() as ComponentType<unknown>);
	return true;
}

// Fetches the code of a page that will be shown soon. A failure shows, and can be tried again, once
// the page is.
export function later_start<P>(name: string, load: Load<P>): Promise<unknown> {
	return fetched(name, load).catch(() => undefined);
}

function Waiting<P>({ name, load, done }: Omit<Props<P>, "with"> & { done: () => void }) {
	const code = useLoad(name, async () => {
		await fetched(name, load);
		done();
		return true;
	});
	useEffect(() => {
		const wait = code.problem === null ? undefined : setTimeout(code.reload, AGAIN_MS);
		return () => clearTimeout(wait);
	}, [code.problem]);
	return <Show of={code}>{() => null}</Show>;
}

// A page whose code is fetched when it is first shown.
export function Later<P>({ name, load, with: props }: Props<P>): ComponentChildren {
	const [, set_fetched] = useState(""); // renders again
	const Part = parts.get(name);
	return Part !== undefined ? <Part {...props as object} />
		: <Waiting key={name} name={name} load={load} done={() => set_fetched(name)} />;
}
