import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Site, SiteType, TypeChange } from "../api/types.ts";
import { problem_from, useLoad } from "../lib/hooks.ts";
import { t, type Key } from "../lib/i18n.ts";
import { problem_text } from "../lib/problem.ts";
import { toast } from "../lib/toast.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Show } from "../ui/loaded.tsx";

const TEXTS: Record<string, Key> = {
	charged_by_apartment: "type.charged_by_apartment",
	charged_by_device: "type.charged_by_device",
	apartment_admins_end: "type.apartment_admins_end",
	services_end: "type.services_end",
	subtype_ends: "type.subtype_ends",
	responders_without_apartment: "type.responders_without_apartment",
	apartments_with_too_many: "type.apartments_with_too_many",
};

function Plan({ plan }: { plan: TypeChange }) {
	const line = ({ code, count }: { code: string; count: number }) => {
		const key = TEXTS[code];
		return <li key={code}>{key === undefined ? code : t(key, { count })}</li>;
	};
	return (
		<>
			<h3>{t("type.changes")}</h3>
			<ul class="bullets">{plan.changes.map(line)}</ul>
			{plan.obstacles.length > 0 && (
				<div class="note bad">
					<h3>{t("type.obstacles")}</h3>
					<ul class="bullets">{plan.obstacles.map(line)}</ul>
				</div>
			)}
		</>
	);
}

interface AskProps {
	site: Site;
	type: SiteType;
	close: () => void;
	changed: () => void;
}

function Ask({ site, type, close, changed }: AskProps) {
	const plan = useLoad(`${site.id} ${type}`, () => api.type_change(site.id, type));
	const [busy, set_busy] = useState(false);
	const [problem, set_problem] = useState("");
	const act = async () => {
		if (busy)
			return;
		set_busy(true);
		try {
			await api.type_set(site.id, type);
			toast(t("saved"));
			close();
			changed();
		} catch (error) {
			set_problem(problem_text(problem_from(error)));
			plan.reload();
			set_busy(false);
		}
	};
	return (
		<Dialog title={t(type === "commercial" ? "type.to_commercial" : "type.to_residential")}
			close={close}>
			<Show of={plan}>
				{(found) => (
					<div class="stack">
						<Plan plan={found} />
						<div role="alert">{problem && <p class="note bad">{problem}</p>}</div>
						<div class="row">
							<button onClick={close}>{t("cancel")}</button>
							{found.allowed && (
								<button class="danger solid" aria-disabled={busy} onClick={act}>
									{busy ? t("working") : t("type.change")}
								</button>
							)}
						</div>
					</div>
				)}
			</Show>
		</Dialog>
	);
}

// The type decides how paid services are charged; what another would change is said before.
export function SiteTypeCard({ site, changed }: { site: Site; changed: () => void }) {
	const [asking, set_asking] = useState(false);
	const other = site.type === "commercial" ? "residential" : "commercial";
	return (
		<div class="card stack">
			<h2>{t("site.type")}</h2>
			<p>{t(site.type === "commercial" ? "site.commercial" : "site.residential")}</p>
			<div><button onClick={() => set_asking(true)}>{t("type.change")}</button></div>
			{asking && (
				<Ask site={site} type={other} close={() => set_asking(false)} changed={changed} />
			)}
		</div>
	);
}
