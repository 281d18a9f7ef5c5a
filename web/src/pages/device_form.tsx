import type {
	Apartment, Connection, Device, DeviceEdit, DeviceKind, PhoneDirectoryEntry, Srtp,
} from "../api/types.ts";
import { apartment_label } from "../lib/apartments.ts";
import { t } from "../lib/i18n.ts";
import {
	check_line, check_required, check_unlock_code, LINE_MAX, NAME_MAX, UNLOCK_CODE_MAX,
} from "../lib/validate.ts";
import { Form } from "../ui/form.tsx";

const UNLOCK_CODE = "00*"; // what intercoms leave the factory with

function speaks_sip(kind: string | undefined): boolean {
	return kind === "intercom" || kind === "phone";
}

interface Props {
	device?: Device;
	apartments: readonly Apartment[];
	directories: readonly PhoneDirectoryEntry[];
	submit: string;
	send: (edit: DeviceEdit) => Promise<void>;
	cancel?: () => void;
}

export function DeviceForm({ device, apartments, directories, submit, send, cancel }: Props) {
	const places = [
		{ value: "", text: t("device.no_apartment") },
		...apartments.map((one) => ({ value: one.id, text: apartment_label(one) })),
	];
	return (
		<Form submit={submit} {...(cancel ? { cancel } : {})}
			start={{
				name: device?.name ?? "", kind: device?.kind ?? "intercom",
				apartment_id: device?.apartment_id ?? "",
				unlock_code: device === undefined ? UNLOCK_CODE : device.unlock_code ?? "",
				connection: device?.connection ?? "cloud", line: device?.line ?? "",
				directory_id: device?.directory_id ?? "", srtp: device?.srtp ?? "offered",
			}}
			send={({ name = "", kind, apartment_id = "", unlock_code = "", connection, line = "",
				directory_id = "", srtp }) => send({
				name: name.trim(), kind: kind as DeviceKind,
				unlock_code: kind === "intercom" ? unlock_code : "",
				apartment_id: apartment_id === "" ? null : apartment_id,
				person_id: device?.person_id ?? null,
				line: kind === "line" ? line.replace(/[ ()/.-]/g, "") : null,
				directory_id: directory_id === "" ? null : directory_id,
				connection: kind === "phone" ? connection as Connection : "cloud",
				srtp: speaks_sip(kind) ? srtp as Srtp : "offered",
			})}
			fields={[
				{ name: "name", label: t("name"), check: check_required, required: true, max: NAME_MAX,
					hint: t("device.name_hint") },
				...(device === undefined ? [{ name: "kind", label: t("device.kind"), options: [
					{ value: "intercom", text: t("device.intercom") },
					{ value: "phone", text: t("device.phone") },
					{ value: "line", text: t("device.line") },
				] }] : []),
				{ name: "line", label: t("device.line_number"), check: check_line, required: true,
					max: LINE_MAX, hint: t("device.line_hint"), when: ({ kind }) => kind === "line" },
				{ name: "apartment_id", label: t("device.apartment"), options: places },
				...(device === undefined ? [{ name: "unlock_code", label: t("device.unlock_code"),
					check: check_unlock_code, max: UNLOCK_CODE_MAX, hint: t("device.unlock_code_hint"),
					when: ({ kind }: Record<string, string>) => kind === "intercom" }] : []),
				{ name: "connection", label: t("device.connection"),
					hint: t("device.connection_hint"), when: ({ kind }) => kind === "phone",
					options: [{ value: "cloud", text: t("device.cloud") },
						{ value: "local", text: t("device.local") }] },
				{ name: "srtp", label: t("device.srtp"), hint: t("device.srtp_hint"),
					when: ({ kind }) => speaks_sip(kind),
					options: [{ value: "off", text: t("device.srtp_off") },
						{ value: "offered", text: t("device.srtp_offered") },
						{ value: "required", text: t("device.srtp_required") }] },
				{ name: "directory_id", label: t("device.may_call"),
					when: ({ kind }) => (kind === "phone" || kind === "app") && directories.length > 0,
					options: [{ value: "", text: t("device.calls_all") },
						...directories.map((one) => ({ value: one.id, text: one.name }))] },
			]} />
	);
}
