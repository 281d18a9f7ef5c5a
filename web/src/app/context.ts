// What all pages of the app know: the engine, and for whom it rings.
import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import { toast } from "../lib/toast.ts";
import { t } from "../lib/i18n.ts";
import type { AppDevice, Home } from "./api.ts";
import { Engine } from "./engine.ts";
import type { Phone } from "./phone.ts";
import type { Peer, Switch } from "./protocol.ts";

export const EngineContext = createContext<Engine | null>(null);
export const HomeContext = createContext<Home>({ name: "", person: false, devices: [] });

export function useEngine(): Engine {
	const engine = useContext(EngineContext);
	if (engine === null)
		throw new Error("a page outside of the app");
	return engine;
}

// Renders again whenever a call changes.
export function usePhone(): Phone {
	const engine = useEngine();
	const [, again] = useState(0);
	useEffect(() => engine.listen(() => again((n) => n + 1)), [engine]);
	return engine.phone;
}

export function useDial(): (device: AppDevice, to: Peer, look: boolean, switches: Switch[]) => void {
	const engine = useEngine();
	return (device, to, look, switches) => {
		if (!engine.phone.linked)
			return toast(t("app.not_connected"), true);
		// what the call is known by until the server has given it a number
		const ref = `${Date.now()}-${Math.random()}`;
		engine.do({ do: "dial", ref, device: device.id, to, look, switches });
	};
}
