import { useEffect, useState } from "preact/hooks";
import { t } from "../lib/i18n.ts";
import { Icon } from "../ui/icon.tsx";
import { useEngine } from "./context.ts";
import type { Call } from "./phone.ts";

const OPENED_SHOWN_MS = 5_000;

// What the door opens, each by its name.
export function Doors({ call }: { call: Call }) {
	const engine = useEngine();
	const [shown, set_shown] = useState(0); // of the openings, those that are no news
	const n = call.opened.length;
	useEffect(() => {
		const wait = setTimeout(() => set_shown(n), OPENED_SHOWN_MS);
		return () => clearTimeout(wait);
	}, [n]);
	const fresh = call.opened.slice(shown);
	const opened = call.switches.filter(({ number }) => fresh.includes(number));
	if (call.switches.length === 0 || call.phase === "dialling" || call.phase === "ended")
		return null;
	return (
		<div class="call-doors">
			{call.switches.map(({ number, name }) => (
				<button key={number} class={fresh.includes(number) ? "call-open done" : "call-open"}
					onClick={() => engine.do({ do: "open", call: call.id, switch: number })}>
					<Icon name={fresh.includes(number) ? "check" : "door"} />
					{name === "" ? t("app.open") : t("app.open_door", { name })}
				</button>
			))}
			<p class="hidden" role="status">
				{opened.map(({ name }) => name === "" ? t("app.opened")
					: t("app.opened_door", { name })).join(" ")}
			</p>
		</div>
	);
}
