import type { ComponentChildren, ComponentType } from "preact";
import { useLoad } from "../lib/hooks.ts";
import { Show } from "./loaded.tsx";

interface Props<P> {
	name: string;
	load: () => Promise<ComponentType<P>>;
	with: P;
}

// A page whose code is fetched when it is first shown.
export function Later<P>({ name, load, with: props }: Props<P>): ComponentChildren {
	const code = useLoad(name, async () => ({ Part: await load() as ComponentType<unknown> }));
	return <Show of={code}>{({ Part }) => <Part {...props as object} />}</Show>;
}
