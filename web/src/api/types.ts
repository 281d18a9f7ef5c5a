// The API's shapes (/api/v1), as this client reads them. Times are UTC epoch milliseconds,
// ids are strings.

export interface List<T> {
	items: T[];
	next: string | null;
}

// RFC 9457; `field` names the field of the request body that is wrong.
export interface ProblemBody {
	type?: string;
	title?: string;
	status?: number;
	detail?: string;
	field?: string;
	// Of a file that was refused: a word for programs, and where; 0 for the whole.
	fault?: string;
	row?: number;
	column?: number;
}

// A role and where it holds: a company's has no site, the operator's has neither.
export interface Grant {
	role: string;
	company_id: string | null;
	site_id: string | null;
	apartment_id: string | null;
}

export interface Session {
	id: string;
	email: string | null;
	name: string;
	language: string;
	app: boolean; // holds one: there is something at /app
	roles: Grant[];
}

export interface SignIn {
	email: string;
	password: string;
}

export interface Registration {
	name: string;
	company: string;
	email: string;
	language: string;
	consent: boolean;
	captcha: string;
}

// The account of who is signed in.
export interface Me {
	id: string;
	email: string | null;
	name: string;
	language: string;
	has_password: boolean;
	app_codes: boolean;
	passkeys: number;
	second_factor: boolean;
	recovery_codes: number;
	recovery_codes_kept: boolean;
}

export interface SessionEntry {
	id: string;
	created_at: number;
	seen_at: number;
	address: string;
	agent: string;
	current: boolean;
}

export interface TotpSecret {
	secret: string;
	uri: string;
}

// Bytes are base64url texts, in all of these.
export interface Passkey {
	id: string;
	name: string;
	rp_id: string; // the host name that it is for
	transports: string;
	alone: boolean; // it needs no password beside it
	backed_up: boolean;
	created_at: number;
	used_at: number | null;
	suspect_at: number | null;
}

export interface PasskeyKnown {
	credential_id: string;
	transports: string;
}

export interface PasskeyOptions {
	challenge: string;
	rp_id: string;
	user_handle: string;
	user_name: string;
	user_title: string;
	exclude: PasskeyKnown[];
	timeout_ms: number;
}

export interface PasskeyNew {
	name: string;
	client_data: string;
	attestation: string;
	transports: string;
	discoverable: boolean;
}

export interface PasskeyAdded extends Passkey, RecoveryCodes {}

export interface PasskeyAsk {
	challenge: string;
	rp_id: string;
	user_verification: "required" | "discouraged";
	allow: PasskeyKnown[];
	timeout_ms: number;
	app_codes: boolean;
	has_password: boolean;
}

export interface PasskeyAnswer {
	credential_id: string;
	client_data: string;
	authenticator_data: string;
	signature: string;
	user_handle: string | null;
}

export interface RecoveryCodes {
	codes: { code: string }[];
}

export interface Setup extends SignIn {
	token: string;
	name: string;
	language?: string;
}

export type SiteType = "residential" | "commercial";

export interface SiteEdit {
	name: string;
	type: SiteType;
	zone: string;
	language: string;
	subtype: string;
	country: string;
	region: string;
	postal_code: string;
	company_id: string | null; // null: one's first, for a new site; the one that it has
}

export interface Site extends SiteEdit {
	id: string;
	company: string; // its name
}

export interface SearchHit {
	kind: DeviceKind | "person" | "apartment";
	id: string;
	title: string;
	detail: string;
}

// null: what the role may not read.
export interface Summary {
	intercoms: number | null;
	phones: number | null;
	registered: number | null;
	ready: number | null;
	needs_configuration: number | null;
	not_registered: number | null;
	buttons: number | null;
	apartments: number | null;
	people: number | null;
	openings_today: number | null;
	openings_week: number | null;
	rings: number | null; // bells of the last 30 days, and how soon a phone rang
	rings_1s: number | null;
	rings_3s: number | null;
	rings_10s: number | null;
	rings_never: number | null;
	calls: { result: CallResult | null; today: number; week: number }[];
}

export interface TypeConsequence {
	code: string;
	count: number;
}

export interface TypeChange {
	type: SiteType;
	allowed: boolean;
	changes: TypeConsequence[];
	obstacles: TypeConsequence[];
}

export interface Company {
	id: string;
	name: string;
	sites: number;
}

export interface CompanyAdmin {
	id: string;
	name: string;
	email: string | null;
	active: boolean;
}

export type UserRole = "site_admin_payment" | "site_admin" | "site_user" | "site_user_no_login";

export interface UserApartment {
	id: string;
	floor: string;
	number: string;
	name: string;
	admin: boolean;
}

export interface PersonEdit {
	name: string;
	email: string;
	phone: string;
	language: string;
	comment: string;
}

export interface UserEdit extends PersonEdit {
	role: UserRole;
	apartments: string[];
}

export interface User {
	id: string;
	name: string;
	email: string | null;
	role: UserRole | null;
	phone: string;
	language: string;
	comment: string;
	status: "no_login" | "not_invited" | "invited" | "expired" | "active";
	managed: boolean; // the site may change name, e-mail and language
	apartments: UserApartment[];
}

export interface Newcomer extends Partial<PersonEdit> {
	name: string;
	role: UserRole;
	admin?: boolean;
}

export interface ResidentsEdit {
	people?: string[];
	users?: Newcomer[];
}

export interface Home {
	id: string;
	floor: string;
	number: string;
	name: string;
	services: boolean;
	admin: boolean; // one may manage its people
	residents: { id: string; name: string; admin: boolean }[];
	devices: { id: string; name: string; kind: DeviceKind; online: boolean; ready: boolean }[];
}

export interface Mover {
	id: string;
	name: string;
	email: string | null;
	role: UserRole | null;
	phone: string;
	language: string;
	comment: string;
	admin: boolean;
	leaves_site: boolean;
	account_ends: boolean;
}

export interface MoveOut {
	people: Mover[];
	devices: { id: string; name: string; kind: DeviceKind; removed: boolean }[];
}

export interface ApartmentEdit {
	number: string;
	floor: string;
	name: string;
	services: boolean;
}

export interface Apartment {
	id: string;
	number: string;
	floor: string | number | null;
	name: string | null;
	services: boolean;
	residents: number;
	devices: number;
}

export type DeviceKind = "intercom" | "phone" | "app" | "line";

// How a phone is called: through the server, or by the intercom itself.
export type Connection = "cloud" | "local";

// Encryption of sound and picture by keys in SIP.
export type Srtp = "off" | "offered" | "required";

export interface DeviceEdit {
	name: string;
	kind: DeviceKind;
	apartment_id: string | null;
	unlock_code: string;
	person_id: string | null;
	line: string | null;
	directory_id: string | null;
	connection?: Connection;
	srtp?: Srtp;
	snapshot_url?: string | null;
	snapshot_user?: string | null;
	snapshot_password?: string | null; // null: it stays what it is
}

export type DeviceStatus = "registered" | "ready" | "not_registered" | "needs_configuration";

export interface Device {
	id: string;
	name: string;
	kind: DeviceKind;
	apartment_id: string | null;
	unlock_code: string | null;
	person_id: string | null; // who holds an app
	line: string | null; // the number of a phone outside
	directory_id: string | null; // null: it may call everybody of the site
	connection: Connection;
	srtp: Srtp;
	snapshot_url: string | null; // a JPEG of an intercom's camera
	snapshot_user: string | null;
	has_snapshot_password: boolean;
	online: boolean;
	status: DeviceStatus;
	transport: string | null;
	address: string | null;
}

export interface Credentials {
	sip_user: string;
	sip_password: string;
	registrar: string;
	registrar_tls: string | null;
}

// A list of those whom a device that has it may call.
export interface PhoneDirectoryEntry {
	id: string;
	name: string;
	contacts: number;
	devices: number; // that have it
}

export interface PhoneContact {
	device: string;
	name: string; // "": as everywhere
}

export interface PhoneDirectory {
	id: string;
	name: string;
	entries: PhoneContact[];
	devices: number;
}

export interface PhoneDirectoryEdit {
	name: string;
	entries: PhoneContact[];
}

// The provider's SIP trunk, through which a site calls phones outside.
export interface Line {
	host: string; // "": there is none
	port: number | null;
	transport: string | null;
	username: string;
	caller: string;
	has_password: boolean;
}

export interface LineEdit {
	host: string;
	port: number | null;
	username: string;
	caller: string;
	password: string | null; // null: as it was
}

// A time of the week; days are bits, 1 for Monday.
export interface QuietTime {
	days: number;
	from_minute: number;
	until_minute: number;
}

export interface Quiet {
	items: QuietTime[];
	missed_mail: boolean;
}

export type SwitchOwner = "platform" | "device";

// A relay of an intercom; number 1 opens the door.
export interface Switch {
	number: number;
	name: string;
	code: string;
	owner: SwitchOwner;
}

// What an intercom must be set to, so that it calls phones in local mode by itself.
export interface LocalSettings {
	sip_user: string;
	registrar: string;
	direct: boolean;
	dtmf: string;
	codecs: { kind: "audio" | "video"; name: string }[];
	buttons: LocalButton[];
}

export interface LocalButton {
	button: number;
	label: string;
	uri: string | null; // null: each destination has its own
	destinations: {
		device: string;
		name: string;
		after_s: number;
		via: "server" | "direct";
		uri: string | null;
		fault: "not_registered" | "outside" | "line" | null;
	}[];
}

export interface ButtonDestination {
	device: string;
	after_s: number; // from the bell
}

export interface Button {
	button: number;
	label: string;
	destinations: ButtonDestination[];
}

export type CallResult = "answered" | "missed" | "declined" | "busy" | "failed";

export interface Opening {
	at: number;
	by_device: string | null;
	by_name: string | null;
	how: string;
}

export interface Call {
	id: string;
	from_device: string;
	from_name: string | null;
	started_at: number;
	answered_at: number | null;
	ended_at: number | null;
	state: string;
	result: CallResult | null;
	answered_by: string | null;
	answered_by_name: string | null;
	rang_at: number | null; // the first phone; known once it is over
	picture_at: number | null;
	test: boolean; // from the portal: nobody was at the door
	opened: Opening[];
}

// What became of a device that the call was to ring, and when.
export interface CallLeg {
	device: string;
	name: string;
	apartment: string | null; // its number
	at: number;
	result: string;
	pushed_at: number | null;
	delivered_at: number | null;
	woken_at: number | null;
	offered_at: number | null;
	rang_at: number | null;
	preview_at: number | null;
	answered_at: number | null;
	video_at: number | null;
	ended_at: number | null;
	why: string | null;
}

// What came from one of the two who talked, and went there.
export interface CallStream {
	device: string;
	name: string;
	kind: "audio" | "video";
	codec: string; // "": nothing came
	packets: number;
	lost: number;
	jitter_us: number;
	sent: number;
}

export interface CallDetail extends Call {
	legs: CallLeg[];
	streams: CallStream[];
}

// Who changed what. before and after are JSON objects as text.
export interface AuditEntry {
	id: string;
	at: number;
	site_id: string | null;
	site_name: string | null;
	person_id: string | null;
	person_name: string;
	address: string;
	verb: "create" | "change" | "delete" | "do";
	object: string;
	object_id: string | null;
	label: string;
	denied: boolean;
	before: string | null;
	after: string | null;
}

export interface ContactEdit {
	position: number;
	name: string;
	role: string;
	purpose: string;
	phone: string;
	email: string;
}

export interface Contact extends ContactEdit {
	id: string;
}

export type TicketState = "open" | "answered" | "closed" | "reopened";

export interface TicketEdit {
	subject: string;
	text: string;
	contact: string;
	page: string;
	with_context: boolean;
}

export interface TicketEntry {
	id: string;
	subject: string;
	state: TicketState;
	person_name: string;
	contact: string;
	created_at: number;
	changed_at: number;
	own: boolean;
}

export interface TicketMessage {
	id: string;
	at: number;
	person_name: string;
	staff: boolean;
	own: boolean;
	text: string;
}

// context: a JSON object as text.
export interface Ticket extends TicketEntry {
	context: string;
	messages: TicketMessage[];
}

export type MailState = "waiting" | "sent" | "failed" | "kept";

// The outbox as a whole: how many mails in which state, and where they go.
export interface Outbox extends Record<MailState, number> {
	smtp: boolean;
	server: string | null;
	from: string | null;
	down: boolean;
}

export interface Mail {
	id: string;
	state: MailState;
	template: string;
	recipient: string;
	recipient_name: string;
	created_at: number;
	due_at: number;
	done_at: number | null;
	tries: number;
	error: string;
}

// subject, text and html are null of what was sent.
export interface MailLetter extends Mail {
	subject: string | null;
	text: string | null;
	html: string | null;
	hidden: boolean;
}

// A host that guesses SIP passwords.
export interface Suspect {
	address: string;
	failures: number;
	dropped: number;
	first_at: number;
	last_at: number;
}

// What is kept about a person: rows by kind, and in `cut` the kinds that have more.
export type PersonRow = Record<string, string | number | null>;
export type PersonData = Record<string, PersonRow[] | string[]>;

export interface ErasePreview {
	roles: number;
	memberships: number;
	apartments: number;
	sessions: number;
	mails: number;
	entries: number;
	refused: string | null;
}

// One message of the WebSocket /live: what changed; the page reads the thing itself again.
export interface LiveEvent {
	cursor: string | number;
	type: string;
	site: string;
	id: string;
}

export type ImportFate = "create" | "add" | "keep" | "fault";

// A file of people on its way into a site; how many rows have which fate.
export interface Import extends Record<ImportFate, number> {
	id: string;
	name: string;
	state: "ready" | "waiting" | "running" | "done" | "failed";
	error: string | null;
	rows: number;
	done: number;
	good_rows_only: boolean;
	invite: boolean;
	created_at: number;
	done_at: number | null;
}

export interface ImportRow {
	row: number;
	floor: string;
	number: string;
	apartment: string;
	first_name: string;
	surname: string;
	email: string;
	comment: string;
	fate: ImportFate;
	field: string | null;
	fault: string | null;
	other_row: number | null;
	detail: string | null;
}

export interface ImportStart {
	good_rows_only: boolean;
	invite: boolean;
}
