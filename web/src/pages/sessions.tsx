import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { SessionEntry } from "../api/types.ts";
import { agent_name } from "../lib/agent.ts";
import { format_time } from "../lib/format.ts";
import type { Loaded } from "../lib/hooks.ts";
import { t } from "../lib/i18n.ts";
import { toast } from "../lib/toast.ts";
import { Confirm } from "../ui/confirm.tsx";
import { Show } from "../ui/loaded.tsx";

interface Props {
	of: Loaded<SessionEntry[]>;
	lang: string;
}

type Asking = SessionEntry | "all" | null;

const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

// Where the account is signed in, and the way to end it there.
export function Sessions({ of, lang }: Props) {
	const [asking, set_asking] = useState<Asking>(null);
	const name = (one: SessionEntry) => agent_name(one.agent) ?? t("sessions.unknown");
	return (
		<section class="card stack">
			<h2>{t("sessions.title")}</h2>
			<Show of={of}>
				{(list) => (
					<div class="stack">
						<ul class="stack">
							{list.map((one) => (
								<li key={one.id} class="row spread">
									<div>
										<p><strong>{name(one)}</strong>{" "}
											{one.current && <span class="badge good">
												{t("sessions.current")}</span>}</p>
										<p class="soft"><span class="mono">{one.address}</span>{" · "}
											{t("sessions.seen", { time: format_time(one.seen_at, lang, zone()) })}
										</p>
									</div>
									{!one.current && (
										<button onClick={() => set_asking(one)}>
											{t("sessions.end")}<span class="hidden"> {name(one)}</span>
										</button>
									)}
								</li>
							))}
						</ul>
						{list.length > 1 && (
							<div><button class="danger" onClick={() => set_asking("all")}>
								{t("sessions.end_all")}
							</button></div>
						)}
					</div>
				)}
			</Show>
			{asking !== null && (
				<Confirm title={asking === "all" ? t("sessions.end_all") : t("sessions.end_ask")}
					text={t("sessions.end_text")} yes={t("sessions.end")}
					close={() => set_asking(null)}
					act={async () => {
						await (asking === "all" ? api.me_sessions_end() : api.me_session_end(asking.id));
						toast(t("sessions.ended"));
						of.reload();
					}} />
			)}
		</section>
	);
}
