import { useEffect, useRef, useState } from "preact/hooks";
import { api, Problem } from "../api/client.ts";
import type { SiteEdit, SiteType } from "../api/types.ts";
import { useLoad } from "../lib/hooks.ts";
import { lang_current, t } from "../lib/i18n.ts";
import { problem_field_text } from "../lib/problem.ts";
import { Form, type FormField } from "../ui/form.tsx";
import { site_fields } from "./site_form.tsx";

interface Props {
	send: (site: SiteEdit) => Promise<void>;
	cancel: () => void;
}

const STEPS = 4;

// A new site in four steps: name and language, place, type, sub-type. What the server refuses in
// the end is shown at the step that asked for it.
export function SiteWizard({ send, cancel }: Props) {
	const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
	const companies = useLoad("companies", api.companies);
	const [step, set_step] = useState(0);
	const box = useRef<HTMLDivElement>(null);
	const shown = useRef(0);
	useEffect(() => { // the field that had the focus has gone with its step
		if (shown.current !== step)
			box.current?.querySelector<HTMLElement>("input, select")?.focus();
		shown.current = step;
	}, [step]);
	const [faults, set_faults] = useState<Record<string, string>>();
	const [values, set_values] = useState<Record<string, string>>({
		name: "", language: lang_current(), zone, country: "", region: "", postal_code: "",
		type: "residential", subtype: "", company_id: "",
	});
	const type = values["type"] as SiteType;
	const many = companies.data ?? [];
	const company: FormField[] = many.length < 2 ? [] : [{
		name: "company_id", label: t("site.company"),
		options: many.map(({ id, name }) => ({ value: id, text: name })),
	}];
	const fields: FormField[][] = [
		[...site_fields.name(zone, lang_current()), ...company],
		site_fields.place(),
		[{ name: "type", label: t("site.type"), hint: t("site.type_hint"), options: [
			{ value: "residential", text: t("site.residential") },
			{ value: "commercial", text: t("site.commercial") },
		] }],
		site_fields.subtype(type),
	];
	const create = async (all: Record<string, string>) => {
		const { name = "", language = "", country = "", region = "", postal_code = "",
			subtype = "", company_id = "" } = all;
		try {
			await send({ name: name.trim(), language, zone: all["zone"] ?? zone, country,
				region: region.trim(), postal_code: postal_code.trim(), type, subtype,
				company_id: company_id === "" ? many[0]?.id ?? null : company_id });
		} catch (error) {
			const field = error instanceof Problem ? error.body.field : undefined;
			const at = fields.findIndex((some) => some.some(({ name: one }) => one === field));
			if (!(error instanceof Problem) || field === undefined || at < 0 || at === step)
				throw error;
			set_faults({ [field]: problem_field_text(error) });
			set_step(at);
		}
	};
	const next = async (given: Record<string, string>) => {
		const all = { ...values, ...given };
		if (given["type"] !== undefined && given["type"] !== type)
			all["subtype"] = "";
		set_values(all);
		set_faults(undefined);
		if (step + 1 < STEPS)
			set_step(step + 1);
		else
			await create(all);
	};
	return (
		<div class="stack" ref={box}>
			<p class="soft" role="status">{t("wizard.step", { n: step + 1, of: STEPS })}</p>
			<Form key={step} {...(faults === undefined ? {} : { faults })} start={values} fields={fields[step] ?? []} send={next}
				submit={step + 1 < STEPS ? t("next") : t("create")}
				cancel={step === 0 ? cancel : () => set_step(step - 1)}
				cancel_text={step === 0 ? t("cancel") : t("back")} />
		</div>
	);
}
