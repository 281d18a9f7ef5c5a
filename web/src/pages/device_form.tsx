import type {
	Apartment, Connection, Device, DeviceEdit, DeviceKind, PhoneDirectoryEntry, Srtp,
} from "../api/types.ts";
import { apartment_label } from "../lib/apartments.ts";
import { t } from "../lib/i18n.ts";
import {
	CAMERA_PASSWORD_MAX, CAMERA_USER_MAX, check_line, check_required, check_snapshot_url,
	check_unlock_code, LINE_MAX, line_plain, NAME_MAX, SNAPSHOT_URL_MAX, UNLOCK_CODE_MAX,
} from "../lib/validate.ts";
import { Form, type FormField } from "../ui/form.tsx";

const UNLOCK_CODE = "00*"; // what intercoms leave the factory with

function speaks_sip(kind: string | undefined): boolean {
	return kind === "intercom" || kind === "phone";
}

type Values = Record<string, string>;

const has_camera = ({ kind, snapshot_url = "" }: Values) =>
	kind === "intercom" && snapshot_url.trim() !== "";

function camera_of(values: Values): Pick<DeviceEdit,
	"snapshot_url" | "snapshot_user" | "snapshot_password"> {
	const { snapshot_url = "", snapshot_user = "", snapshot_password = "" } = values;
	if (!has_camera(values))
		return { snapshot_url: null, snapshot_user: null };
	return { snapshot_url: snapshot_url.trim(), snapshot_user: snapshot_user.trim(),
		snapshot_password: snapshot_password === "" ? null : snapshot_password };
}

// Of an intercom that is there: a new one is quickly made.
const camera_fields = (device: Device): FormField[] => [
	{ name: "snapshot_url", label: t("device.snapshot_url"), check: check_snapshot_url,
		max: SNAPSHOT_URL_MAX, hint: t("device.snapshot_hint"),
		when: ({ kind }) => kind === "intercom" },
	{ name: "snapshot_user", label: t("device.snapshot_user"), max: CAMERA_USER_MAX,
		autocomplete: "off", when: has_camera },
	{ name: "snapshot_password", label: t("device.snapshot_password"), type: "password",
		max: CAMERA_PASSWORD_MAX, autocomplete: "new-password", when: has_camera,
		...(device.has_snapshot_password ? { hint: t("line.password_hint") } : {}) },
];

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
				unlock_code: UNLOCK_CODE,
				connection: device?.connection ?? "cloud", line: device?.line ?? "",
				directory_id: device?.directory_id ?? "", srtp: device?.srtp ?? "offered",
				snapshot_url: device?.snapshot_url ?? "",
				snapshot_user: device?.snapshot_user ?? "", snapshot_password: "",
			}}
			send={({ name = "", kind = "", apartment_id = "", unlock_code = "", connection, line = "",
				directory_id = "", srtp, ...rest }) => send({
				name: name.trim(), kind: kind as DeviceKind,
				unlock_code: kind !== "intercom" ? ""
					: device === undefined ? unlock_code : device.unlock_code ?? "",
				apartment_id: apartment_id === "" ? null : apartment_id,
				person_id: device?.person_id ?? null,
				line: kind === "line" ? line_plain(line) : null,
				directory_id: directory_id === "" ? null : directory_id,
				connection: kind === "phone" ? connection as Connection : "cloud",
				srtp: speaks_sip(kind) ? srtp as Srtp : "offered",
				...camera_of({ ...rest, kind }),
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
				...(device === undefined ? [] : camera_fields(device)),
				{ name: "directory_id", label: t("device.may_call"),
					when: ({ kind }) => (kind === "phone" || kind === "app") && directories.length > 0,
					options: [{ value: "", text: t("device.calls_all") },
						...directories.map((one) => ({ value: one.id, text: one.name }))] },
			]} />
	);
}
