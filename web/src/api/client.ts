// Requests to /api/v1. Every failure is a Problem; nothing else is thrown.
import type { Challenge } from "../captcha/solve.ts";
import type {
	Apartment, ApartmentEdit, AuditEntry, Button, Call, CallDetail, Company, CompanyAdmin, Contact,
	ContactEdit, Credentials, Device, DeviceEdit, ErasePreview, Home, Import, ImportFate, ImportRow,
	ImportStart, Line, LineEdit, List, LocalSettings, Mail, MailLetter, MailState, Me, MoveOut,
	Outbox, Passkey, PasskeyAdded, PasskeyAnswer, PasskeyAsk, PasskeyNew, PasskeyOptions,
	PersonData, PersonEdit, PhoneDirectory, PhoneDirectoryEdit, PhoneDirectoryEntry, ProblemBody,
	Quiet, RecoveryCodes, Registration, ResidentsEdit, SearchHit, Session, SessionEntry, Setup,
	SignIn, Site, SiteEdit, SiteType, Summary, Suspect, Switch, Ticket, TicketEdit, TicketEntry,
	TicketMessage, TicketState, TotpSecret, TypeChange, User, UserEdit,
} from "./types.ts";

export const BASE = "/api/v1";
const SUSPECTS = 200; // all that the server lists
const PAGES_MAX = 100; // a list longer than this many pages is cut rather than read for ever

// status 0: the server could not be reached. wait_s: after how long to try again, 0 for unknown.
export class Problem extends Error {
	constructor(readonly status: number, readonly body: ProblemBody = {},
		readonly wait_s = 0) {
		super(body.detail ?? body.title ?? String(status));
	}
}

let on_signed_out: () => void = () => undefined;

// `fn` is called whenever the server says that there is no session (401) outside sign-in.
export function client_on_signed_out(fn: () => void): void {
	on_signed_out = fn;
}

async function problem_of(answer: Response): Promise<Problem> {
	const body: unknown = await answer.json().catch(() => ({}));
	const wait_s = Number(answer.headers.get("retry-after") ?? 0);
	return new Problem(answer.status, body !== null && typeof body === "object" ? body : {},
		Number.isFinite(wait_s) ? wait_s : 0);
}

let verify: () => Promise<boolean> = () => Promise.resolve(false);

// `fn` asks for the password where the server wants to hear it once more; true: it was right, and
// the request is made again.
export function client_on_verify(fn: () => Promise<boolean>): void {
	verify = fn;
}

export const PROBLEM_SECOND_FACTOR = "urn:vestibule:second-factor";
export const PROBLEM_VERIFY = "urn:vestibule:verify";
// where 401 is about the sign-in itself
const SIGN_IN_PATHS = ["/session", "/session/second", "/session/second/passkey", "/session/passkey",
	"/app/session"];

const EARLY_MS = 5000; // an answer that nobody took by then may be old

// Answers that were asked for before their page was there to ask.
const early = new Map<string, Promise<unknown>>();

// The first request for the same path has this answer.
export function client_early(path: string): void {
	const answer = request_once("GET", path);
	answer.catch(() => undefined); // whoever takes it handles that
	early.set(path, answer);
	setTimeout(() => early.delete(path), EARLY_MS);
}

export function client_early_forget(): void {
	early.clear();
}

export async function request<T>(method: string, path: string, body?: unknown): Promise<T> {
	const answer = method === "GET" ? early.get(path) : undefined;
	if (answer !== undefined) {
		early.delete(path);
		return await answer as T;
	}
	try {
		return await request_once<T>(method, path, body);
	} catch (error) {
		if (!(error instanceof Problem) || error.body.type !== PROBLEM_VERIFY || !await verify())
			throw error;
		return await request_once<T>(method, path, body);
	}
}

async function request_once<T>(method: string, path: string, body?: unknown): Promise<T> {
	const init: RequestInit = { method, headers: { accept: "application/json" } };
	if (body instanceof Blob) {
		init.body = body; // a file as it is
	} else if (body !== undefined) {
		init.body = JSON.stringify(body);
		init.headers = { accept: "application/json", "content-type": "application/json" };
	}
	let answer: Response;
	try {
		answer = await fetch(BASE + path, init);
	} catch {
		throw new Problem(0);
	}
	if (!answer.ok) {
		if (answer.status === 401 && !SIGN_IN_PATHS.includes(path))
			on_signed_out();
		throw await problem_of(answer);
	}
	try { // which an answer that breaks off half-way fails as well
		const text = await answer.text();
		return (text === "" ? undefined : JSON.parse(text)) as T;
	} catch {
		throw new Problem(0);
	}
}

async function whole_list<T>(path: string): Promise<T[]> {
	const items: T[] = [];
	let cursor: string | null = null;
	for (let page = 0; page < PAGES_MAX; page++) {
		const query: string = cursor === null ? "" : `?cursor=${encodeURIComponent(cursor)}`;
		const list: List<T> = await request("GET", path + query);
		items.push(...list.items);
		cursor = list.next;
		if (cursor === null)
			break;
	}
	return items;
}

const id = encodeURIComponent;
const company_path = (company: string, rest = "") => `/companies/${id(company)}${rest}`;
const home_path = (site: string, apartment: string, rest: string) =>
	`/sites/${id(site)}/apartments/${id(apartment)}${rest}`;

// "?a=1&b=2" of what is neither null nor empty.
export function path_query(values: Record<string, string | number | null>): string {
	const given = Object.entries(values).filter(([, value]) => value !== null && value !== "");
	return given.length === 0 ? ""
		: `?${given.map(([name, value]) => `${name}=${id(String(value))}`).join("&")}`;
}

// Of a call that has one.
export const picture_url = (site: string, call: string) =>
	`${BASE}${site_path(site, `/calls/${id(call)}/picture`)}`;

export const site_path = (site: string, rest = "") => `/sites/${id(site)}${rest}`;

// A site or a company.
export type Place = { site: string } | { company: string };

// query: what lib/audit.ts makes of a search.
const audit_path = (place: Place, query: string, more: Record<string, string>) => {
	const path = `/audit?${new URLSearchParams([
		...new URLSearchParams(query), ...Object.entries(more)])}`;
	return "site" in place ? site_path(place.site, path) : company_path(place.company, path);
};

export function audit_csv_href(place: Place, query: string): string {
	return BASE + audit_path(place, query, { format: "csv" });
}

// A page of its own, for a frame without origin or scripts.
export function mail_html_href(mail: string): string {
	return `${BASE}/mails/${id(mail)}/html`;
}

export function own_data_href(): string {
	return `${BASE}/me/data`;
}

// A file to download, as a link.
export function import_file_href(site: string, path: string, format: "csv" | "xlsx"): string {
	return `${BASE}${site_path(site, path)}?format=${format}`;
}

const user_path = (site: string, user: string, rest: string) =>
	site_path(site, `/users/${id(user)}${rest}`);

export function person_data_href(site: string, user: string): string {
	return BASE + user_path(site, user, "/data");
}

export const api = {
	session: () => request<Session>("GET", "/session"),
	sign_in: (body: SignIn) => request<Session>("POST", "/session", body),
	sign_out: () => request<void>("DELETE", "/session"),
	sign_in_second: (code: string) => request<Session>("POST", "/session/second", { code }),
	second_ask: () => request<PasskeyAsk>("POST", "/session/second/options"),
	sign_in_second_passkey: (answer: PasskeyAnswer) =>
		request<Session>("POST", "/session/second/passkey", answer),
	passkey_ask: () => request<PasskeyAsk>("POST", "/session/passkey/options"),
	sign_in_passkey: (answer: PasskeyAnswer) =>
		request<Session>("POST", "/session/passkey", answer),
	verify_ask: () => request<PasskeyAsk>("POST", "/session/verify/options"),
	verify_passkey: (answer: PasskeyAnswer) =>
		request<void>("POST", "/session/verify/passkey", answer),
	verify: (password: string) => request<void>("POST", "/session/verify", { password }),
	setup: (body: Setup) => request<void>("POST", "/setup", body),

	registration: () => request<{ open: boolean }>("GET", "/registration"),
	captcha: () => request<Challenge>("GET", "/captcha"),
	register: (body: Registration) => request<void>("POST", "/registration", body),
	activate: (token: string, password: string) =>
		request<Session>("POST", "/activation", { token, password }),
	forgotten: (email: string, captcha: string) =>
		request<void>("POST", "/password/forgotten", { email, captcha }),
	reset: (token: string, password: string) =>
		request<void>("POST", "/password/reset", { token, password }),

	me: () => request<Me>("GET", "/me"),
	me_edit: (name: string, language: string) => request<Me>("PUT", "/me", { name, language }),
	me_password: (current: string | null, password: string) =>
		request<void>("POST", "/me/password", { current, password }),
	me_password_drop: () => request<void>("DELETE", "/me/password"),
	me_email: (email: string) => request<void>("POST", "/me/email", { email }),
	me_email_confirm: (token: string) => request<void>("POST", "/me/email/confirm", { token }),
	me_sessions: () => whole_list<SessionEntry>("/me/sessions"),
	me_session_end: (session: string) => request<void>("DELETE", `/me/sessions/${id(session)}`),
	me_sessions_end: () => request<void>("DELETE", "/me/sessions"),
	totp_new: () => request<TotpSecret>("POST", "/me/totp"),
	totp_confirm: (code: string, password: string) =>
		request<RecoveryCodes>("POST", "/me/totp/confirm", { code, password }),
	totp_off: () => request<void>("DELETE", "/me/totp"),
	passkeys: () => whole_list<Passkey>("/me/passkeys"),
	passkey_options: () => request<PasskeyOptions>("POST", "/me/passkeys/options"),
	passkey_add: (body: PasskeyNew) => request<PasskeyAdded>("POST", "/me/passkeys", body),
	passkey_rename: (passkey: string, name: string) =>
		request<Passkey>("PUT", `/me/passkeys/${id(passkey)}`, { name }),
	passkey_remove: (passkey: string) => request<void>("DELETE", `/me/passkeys/${id(passkey)}`),
	recovery_codes_new: () => request<RecoveryCodes>("POST", "/me/recovery-codes"),
	recovery_codes_kept: () => request<void>("POST", "/me/recovery-codes/kept"),

	sites_page: (ask: { q: string; cursor: string | null; limit: number }) =>
		request<List<Site>>("GET", `/sites${path_query(ask)}`),
	site: (site: string) => request<Site>("GET", site_path(site)),
	site_create: (body: SiteEdit) => request<Site>("POST", "/sites", body),
	site_edit: (site: string, body: SiteEdit) => request<Site>("PUT", site_path(site), body),
	site_delete: (site: string) => request<void>("DELETE", site_path(site)),

	type_change: (site: string, type: SiteType) =>
		request<TypeChange>("GET", site_path(site, `/type-change?type=${type}`)),
	type_set: (site: string, type: SiteType) =>
		request<Site>("PUT", site_path(site, "/type-change"), { type }),

	companies: () => whole_list<Company>("/companies"),
	company: (company: string) => request<Company>("GET", company_path(company)),
	company_create: (name: string) => request<Company>("POST", "/companies", { name }),
	company_rename: (company: string, name: string) =>
		request<Company>("PUT", company_path(company), { name }),
	company_admins: (company: string) =>
		whole_list<CompanyAdmin>(company_path(company, "/admins")),
	company_admin_add: (company: string, body: { name: string; email: string }) =>
		request<CompanyAdmin>("POST", company_path(company, "/admins"), body),
	company_admin_remove: (company: string, person: string) =>
		request<void>("DELETE", company_path(company, `/admins/${id(person)}`)),

	users: (site: string, filter: Record<string, string>, cursor: string | null) =>
		request<List<User>>("GET", site_path(site, `/users?${new URLSearchParams(
			cursor === null ? filter : { ...filter, cursor })}`)),
	user: (site: string, user: string) =>
		request<User>("GET", site_path(site, `/users/${id(user)}`)),
	user_create: (site: string, body: UserEdit) =>
		request<User>("POST", site_path(site, "/users"), body),
	user_edit: (site: string, user: string, body: UserEdit) =>
		request<User>("PUT", site_path(site, `/users/${id(user)}`), body),
	user_delete: (site: string, user: string) =>
		request<void>("DELETE", site_path(site, `/users/${id(user)}`)),
	user_invite: (site: string, user: string) =>
		request<void>("POST", site_path(site, `/users/${id(user)}/invitation`), {}),

	homes: (site: string) => whole_list<Home>(site_path(site, "/homes")),
	home: (site: string, apartment: string) =>
		request<Home>("GET", home_path(site, apartment, "/home")),
	residents: (site: string, apartment: string) =>
		whole_list<User>(home_path(site, apartment, "/residents")),
	residents_add: (site: string, apartment: string, body: ResidentsEdit) =>
		request<unknown>("POST", home_path(site, apartment, "/residents"), body),
	resident_edit: (site: string, apartment: string, user: string,
		body: { admin: boolean } & Partial<PersonEdit>) =>
		request<User>("PUT", home_path(site, apartment, `/residents/${id(user)}`), body),
	resident_remove: (site: string, apartment: string, user: string) =>
		request<void>("DELETE", home_path(site, apartment, `/residents/${id(user)}`)),
	move_out_plan: (site: string, apartment: string) =>
		request<MoveOut>("GET", home_path(site, apartment, "/move-out")),
	move_out: (site: string, apartment: string, people: string[], devices: string[]) =>
		request<MoveOut>("POST", home_path(site, apartment, "/move-out"), { people, devices }),
	search: (site: string, q: string) =>
		request<{ items: SearchHit[] }>("GET", site_path(site, `/search${path_query({ q })}`)),
	// today: when the day began at the site.
	summary: (site: string, today: number) =>
		request<Summary>("GET", site_path(site, `/summary${path_query({ today })}`)),

	apartments: (site: string) => whole_list<Apartment>(site_path(site, "/apartments")),
	apartment_create: (site: string, body: ApartmentEdit) =>
		request<Apartment>("POST", site_path(site, "/apartments"), body),
	apartment_edit: (site: string, apartment: string, body: ApartmentEdit) =>
		request<Apartment>("PUT", site_path(site, `/apartments/${id(apartment)}`), body),
	apartment_delete: (site: string, apartment: string) =>
		request<void>("DELETE", site_path(site, `/apartments/${id(apartment)}`)),

	devices: (site: string) => whole_list<Device>(site_path(site, "/devices")),
	device_create: (site: string, body: DeviceEdit) =>
		request<Device>("POST", site_path(site, "/devices"), body),
	device_edit: (site: string, device: string, body: DeviceEdit) =>
		request<Device>("PUT", site_path(site, `/devices/${id(device)}`), body),
	device_delete: (site: string, device: string) =>
		request<void>("DELETE", site_path(site, `/devices/${id(device)}`)),
	credentials: (site: string, device: string) =>
		request<Credentials>("GET", site_path(site, `/devices/${id(device)}/credentials`)),
	credentials_renew: (site: string, device: string) =>
		request<Credentials>("POST", site_path(site, `/devices/${id(device)}/credentials`), {}),
	buttons: (site: string, device: string) =>
		request<{ items: Button[] }>("GET", site_path(site, `/devices/${id(device)}/buttons`)),
	buttons_edit: (site: string, device: string, items: Button[]) =>
		request<unknown>("PUT", site_path(site, `/devices/${id(device)}/buttons`), { items }),
	button_test: (site: string, device: string, button: number) =>
		request<{ id: string }>("POST",
			site_path(site, `/devices/${id(device)}/buttons/${button}/test`)),
	switches: (site: string, device: string) =>
		request<{ items: Switch[] }>("GET", site_path(site, `/devices/${id(device)}/switches`)),
	switches_edit: (site: string, device: string, items: Switch[]) =>
		request<{ items: Switch[] }>("PUT", site_path(site, `/devices/${id(device)}/switches`),
			{ items }),
	local: (site: string, device: string) =>
		request<LocalSettings>("GET", site_path(site, `/devices/${id(device)}/local`)),

	directories: (site: string) =>
		whole_list<PhoneDirectoryEntry>(site_path(site, "/directories")),
	directory: (site: string, directory: string) =>
		request<PhoneDirectory>("GET", site_path(site, `/directories/${id(directory)}`)),
	directory_create: (site: string, body: PhoneDirectoryEdit) =>
		request<PhoneDirectory>("POST", site_path(site, "/directories"), body),
	directory_edit: (site: string, directory: string, body: PhoneDirectoryEdit) =>
		request<PhoneDirectory>("PUT", site_path(site, `/directories/${id(directory)}`), body),
	directory_delete: (site: string, directory: string) =>
		request<void>("DELETE", site_path(site, `/directories/${id(directory)}`)),

	line: (site: string) => request<Line>("GET", site_path(site, "/line")),
	line_set: (site: string, body: LineEdit) =>
		request<Line>("PUT", site_path(site, "/line"), body),
	line_delete: (site: string) => request<void>("DELETE", site_path(site, "/line")),

	quiet: () => request<Quiet>("GET", "/me/quiet"),
	quiet_set: (body: Quiet) => request<Quiet>("PUT", "/me/quiet", body),

	calls: (site: string, cursor: string | null, limit: number | null = null) =>
		request<List<Call>>("GET", site_path(site, `/calls${path_query({ cursor, limit })}`)),
	// Those that rang late or never.
	calls_late: (site: string, cursor: string | null) =>
		request<List<Call>>("GET", site_path(site, `/calls${path_query({ rang: "late", cursor })}`)),
	call: (site: string, call: string) =>
		request<CallDetail>("GET", site_path(site, `/calls/${id(call)}`)),

	audit: (place: Place, query: string, cursor: string | null) =>
		request<List<AuditEntry>>("GET",
			audit_path(place, query, cursor === null ? {} : { cursor })),

	imports: (site: string) => whole_list<Import>(site_path(site, "/imports")),
	import: (site: string, one: string) =>
		request<Import>("GET", site_path(site, `/imports/${id(one)}`)),
	import_upload: (site: string, file: File, how: { delimiter: string; encoding: string }) =>
		request<Import>("POST", site_path(site, `/imports?name=${id(file.name)}`
			+ `&delimiter=${id(how.delimiter)}&encoding=${id(how.encoding)}`), file),
	import_delete: (site: string, one: string) =>
		request<void>("DELETE", site_path(site, `/imports/${id(one)}`)),
	import_rows: (site: string, one: string, fate: ImportFate | "", cursor: string | null) =>
		request<List<ImportRow>>("GET", site_path(site, `/imports/${id(one)}/rows?limit=100`)
			+ (fate === "" ? "" : `&fate=${fate}`)
			+ (cursor === null ? "" : `&cursor=${id(cursor)}`)),
	import_start: (site: string, one: string, body: ImportStart) =>
		request<Import>("POST", site_path(site, `/imports/${id(one)}/start`), body),

	person_data: (site: string, user: string) =>
		request<PersonData>("GET", user_path(site, user, "/data")),
	own_data: () => request<PersonData>("GET", "/me/data"),
	erase_preview: (site: string, user: string) =>
		request<ErasePreview>("GET", user_path(site, user, "/erase")),
	erase: (site: string, user: string) =>
		request<{ name: string }>("POST", user_path(site, user, "/erase")),

	outbox: () => request<Outbox>("GET", "/mails/outbox"),
	mails: (ask: { state: MailState | ""; q: string; cursor: string | null; limit: number }) =>
		request<List<Mail>>("GET", `/mails${path_query(ask)}`),
	mail: (mail: string) => request<MailLetter>("GET", `/mails/${id(mail)}`),
	mail_retry: (mail: string) => request<Mail>("POST", `/mails/${id(mail)}/retry`),
	suspect_forget: (address: string) => request<void>("POST", "/suspects/forget", { address }),
	suspects: () => request<List<Suspect>>("GET", `/suspects${path_query({ limit: SUSPECTS })}`),

	contacts: (site: string) => whole_list<Contact>(site_path(site, "/contacts")),
	contact_create: (site: string, body: ContactEdit) =>
		request<Contact>("POST", site_path(site, "/contacts"), body),
	contact_edit: (site: string, contact: string, body: ContactEdit) =>
		request<Contact>("PUT", site_path(site, `/contacts/${id(contact)}`), body),
	contact_delete: (site: string, contact: string) =>
		request<void>("DELETE", site_path(site, `/contacts/${id(contact)}`)),

	tickets: (site: string, state: TicketState | "", cursor: string | null) =>
		request<List<TicketEntry>>("GET", site_path(site, `/tickets${path_query({ state, cursor })}`)),
	ticket: (site: string, ticket: string) =>
		request<Ticket>("GET", site_path(site, `/tickets/${id(ticket)}`)),
	ticket_context: (site: string, page: string) =>
		request<{ context: string }>("GET", site_path(site, `/tickets/context?page=${id(page)}`)),
	ticket_create: (site: string, body: TicketEdit) =>
		request<Ticket>("POST", site_path(site, "/tickets"), body),
	ticket_state: (site: string, ticket: string, state: TicketState) =>
		request<Ticket>("PUT", site_path(site, `/tickets/${id(ticket)}`), { state }),
	ticket_message: (site: string, ticket: string, text: string) =>
		request<TicketMessage>("POST", site_path(site, `/tickets/${id(ticket)}/messages`), { text }),
};
