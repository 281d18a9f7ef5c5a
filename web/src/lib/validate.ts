// Checks before a form is sent; the server checks again. Pure: null or the key of what is wrong.
import type { Button, Switch } from "../api/types.ts";
import type { Key } from "./i18n.ts";

export const PASSWORD_MIN = 12;
export const BUTTON_MAX = 150;
// Characters that the server takes.
export const NAME_MAX = 100;
export const APARTMENT_NUMBER_MAX = 20;
export const FLOOR_MAX = 20;
export const LABEL_MAX = 60;
export const EMAIL_MAX = 254;
export const PHONE_MAX = 40;
export const COMMENT_MAX = 500;
export const REGION_MAX = 100;
export const POSTAL_CODE_MAX = 20;
export const USERS_AT_ONCE_MAX = 100;
export const PASSWORD_MAX = 128;
export const UNLOCK_CODE_MAX = 15;
export const SWITCHES_MAX = 4; // of an intercom

export type Check = (value: string) => Key | null;

export const check_required: Check = (value) =>
	value.trim() === "" ? "field.required" : null;

export const check_email: Check = (value) =>
	check_required(value) ?? (/^[^\s@]+@[^\s@]+$/.test(value.trim()) ? null : "field.email");

// A box that must be ticked.
export const check_consent: Check = (value) => value === "" ? "field.consent" : null;

export const CODE_MAX = 32;

export const check_email_or_none: Check = (value) =>
	value.trim() === "" ? null : check_email(value);

export const check_new_password: Check = (value) =>
	[...value].length < PASSWORD_MIN ? "field.password_short" : null;

// Intercoms end a switch code with `*`, and take at least two digits before it.
export const check_unlock_code: Check = (value) =>
	value === "" || /^[0-9]{2,14}\*$/.test(value) ? null : "field.unlock_code";

export const LINE_MAX = 30; // characters, with what people put between the digits

export const line_plain = (value: string) => value.replace(/[ ()/.-]/g, "");

// A phone outside, as E.164 writes it.
export const check_line: Check = (value) =>
	/^\+[1-9][0-9]{6,14}$/.test(line_plain(value)) ? null : "field.line";

export const SNAPSHOT_URL_MAX = 500;
export const CAMERA_USER_MAX = 100;
export const CAMERA_PASSWORD_MAX = 100;

// Where a camera has its picture, or nothing.
export const check_snapshot_url: Check = (value) =>
	value.trim() === "" || /^https?:\/\/[a-z0-9[][a-z0-9.:[\]-]*([/?][!-~]*)?$/i.test(value.trim())
		? null : "field.snapshot_url";

export const check_port: Check = (value) =>
	/^[0-9]{1,5}$/.test(value) && Number(value) >= 1 && Number(value) <= 65535 ? null : "field.port";

// Which rows of the buttons editor cannot be saved, by index.
export function check_buttons(rows: readonly Button[]): Map<number, Key> {
	const wrong = new Map<number, Key>();
	rows.forEach(({ button }, index) => {
		if (!Number.isInteger(button) || button < 1 || button > BUTTON_MAX)
			wrong.set(index, "field.button_number");
		else if (rows.findIndex((row) => row.button === button) < index)
			wrong.set(index, "field.button_twice");
	});
	return wrong;
}

export function next_button(rows: readonly Button[]): number {
	const used = new Set(rows.map((row) => row.button));
	for (let n = 1; n <= BUTTON_MAX; n++)
		if (!used.has(n))
			return n;
	return BUTTON_MAX;
}

// Which rows of the switches editor cannot be saved, by index. An intercom looks at the last digits
// that it heard: no code may be the end of another.
export function check_switches(rows: readonly Switch[]): Map<number, Key> {
	const wrong = new Map<number, Key>();
	rows.forEach(({ code }, index) => {
		const fault = check_required(code) ?? check_unlock_code(code);
		if (fault !== null)
			wrong.set(index, fault);
		else if (rows.some((other, k) => k !== index && other.code !== "" && code.endsWith(other.code)))
			wrong.set(index, "field.code_clash");
	});
	return wrong;
}

export function next_switch(rows: readonly Switch[]): Switch {
	const used = new Set(rows.map(({ number }) => number));
	let number = 1;
	while (used.has(number))
		number++;
	return { number, name: "", code: `${number - 1}${number - 1}*`, owner: "platform" };
}
