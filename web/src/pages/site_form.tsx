import type { SiteEdit, SiteType } from "../api/types.ts";
import { lang_current, t } from "../lib/i18n.ts";
import { check_required, NAME_MAX } from "../lib/validate.ts";
import { Form } from "../ui/form.tsx";
import { LANGUAGE_OPTIONS } from "../ui/language.tsx";

interface Props {
	start?: SiteEdit;
	submit: string;
	send: (site: SiteEdit) => Promise<void>;
	cancel?: () => void;
}

function zones(current: string): { value: string; text: string }[] {
	const all = new Set(["UTC", current, ...Intl.supportedValuesOf("timeZone")]);
	return [...all].sort().map((zone) => ({ value: zone, text: zone.replaceAll("_", " ") }));
}

export function SiteForm({ start, submit, send, cancel }: Props) {
	const first = start ?? {
		name: "", type: "residential", language: lang_current(),
		zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
	};
	return (
		<Form submit={submit} start={{ ...first }} {...(cancel ? { cancel } : {})}
			send={({ name = "", type, zone = "", language = "" }) =>
				send({ name: name.trim(), type: type as SiteType, zone, language })}
			fields={[
				{ name: "name", label: t("name"), check: check_required, required: true, max: NAME_MAX },
				...(start === undefined ? [{ name: "type", label: t("site.type"), options: [
					{ value: "residential", text: t("site.residential") },
					{ value: "commercial", text: t("site.commercial") },
				], hint: t("site.type_hint") }] : []),
				{ name: "zone", label: t("site.zone"), options: zones(first.zone),
					hint: t("site.zone_hint") },
				{ name: "language", label: t("site.language"), options: LANGUAGE_OPTIONS },
			]} />
	);
}
