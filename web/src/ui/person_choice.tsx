import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { User } from "../api/types.ts";
import { useLoad, useRested } from "../lib/hooks.ts";
import { t } from "../lib/i18n.ts";
import { Field } from "./field.tsx";

interface Props {
	site: string;
	apartment: string | null; // whose residents come first
	value: User | null;
	set: (user: User | null) => void;
}

// Somebody of the site, or nobody: the residents of an apartment, or who is searched for.
export function PersonChoice({ site, apartment, value, set }: Props) {
	const [typed, set_typed] = useState("");
	const q = useRested(typed);
	const found = useLoad(`${site} ${apartment ?? ""} ${q}`, async () =>
		q === "" && apartment !== null ? api.residents(site, apartment)
			: (await api.users(site, q === "" ? {} : { q }, null)).items);
	const people = found.data ?? [];
	const shown = value === null || people.some((one) => one.id === value.id) ? people
		: [value, ...people];
	return (
		<div class="stack tight">
			<Field name="q" label={t("people.search")} value={typed} set={set_typed} max={100} />
			<Field name="person" label={t("app.person")} value={value?.id ?? ""}
				hint={t("app.person_hint")}
				set={(id) => set(shown.find((one) => one.id === id) ?? null)}
				options={[{ value: "", text: t("app.nobody") },
					...shown.map((one) => ({ value: one.id,
						text: one.email === null ? one.name : `${one.name} · ${one.email}` }))]} />
		</div>
	);
}
