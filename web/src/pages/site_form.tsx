import type { Site, SiteEdit, SiteType } from "../api/types.ts";
import { countries } from "../lib/countries.ts";
import { lang_current, t, type Key } from "../lib/i18n.ts";
import { check_required, NAME_MAX, POSTAL_CODE_MAX, REGION_MAX } from "../lib/validate.ts";
import { Form, type FormField } from "../ui/form.tsx";
import { language_options } from "../ui/language.tsx";

const SUBTYPES: Record<SiteType, readonly { value: string; key: Key }[]> = {
	residential: [
		{ value: "apartment_building", key: "subtype.apartment_building" },
		{ value: "family_house", key: "subtype.family_house" },
		{ value: "student_housing", key: "subtype.student_housing" },
		{ value: "other", key: "subtype.other" },
	],
	commercial: [
		{ value: "office", key: "subtype.office" },
		{ value: "mixed_use", key: "subtype.mixed_use" },
		{ value: "retail", key: "subtype.retail" },
		{ value: "industrial", key: "subtype.industrial" },
		{ value: "public", key: "subtype.public" },
		{ value: "other", key: "subtype.other" },
	],
};

function zones(current: string): { value: string; text: string }[] {
	const all = new Set(["UTC", current, ...Intl.supportedValuesOf("timeZone")]);
	return [...all].sort().map((zone) => ({ value: zone, text: zone.replaceAll("_", " ") }));
}

export const site_fields = {
	name: (zone: string, language: string): FormField[] => [
		{ name: "name", label: t("name"), check: check_required, required: true, max: NAME_MAX },
		{ name: "language", label: t("site.language"), options: language_options(language),
			hint: t("site.language_hint") },
		{ name: "zone", label: t("site.zone"), options: zones(zone), hint: t("site.zone_hint") },
	],
	place: (): FormField[] => [
		{ name: "country", label: t("site.country"),
			options: [{ value: "", text: t("site.unsaid") }, ...countries(lang_current())] },
		{ name: "region", label: t("site.region"), max: REGION_MAX },
		{ name: "postal_code", label: t("site.postal_code"), max: POSTAL_CODE_MAX },
	],
	subtype: (type: SiteType): FormField[] => [
		{ name: "subtype", label: t("site.subtype"), options: [
			{ value: "", text: t("site.unsaid") },
			...SUBTYPES[type].map(({ value, key }) => ({ value, text: t(key) })),
		] },
	],
};

interface Props {
	start: Site;
	submit: string;
	send: (site: SiteEdit) => Promise<void>;
}

// Everything of a site but its type, which has consequences and stands on its own.
export function SiteForm({ start, submit, send }: Props) {
	const { id: _, type, company_id, ...texts } = start;
	return (
		<Form submit={submit} start={texts}
			send={({ name = "", zone = "", language = "", country = "", region = "",
				postal_code = "", subtype = "" }) =>
				send({ name: name.trim(), type, zone, language, country, region: region.trim(),
					postal_code: postal_code.trim(), subtype, company_id })}
			fields={[...site_fields.name(start.zone, start.language), ...site_fields.place(),
				...site_fields.subtype(type)]} />
	);
}
