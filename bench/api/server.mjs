/* The calls of the portal's commonest page as one writes them in Node: fastify, better-sqlite3,
 * statements prepared once, answers printed by fastify's compiled schemas. The peer of bench/api.py.
 *
 *	node server.mjs DATABASE PORT
 *
 * It runs vestibuled's statements over vestibuled's schema, judges session, role and query as
 * vestibuled does, and answers the same bytes; a session's token is hashed with SHA-256, which Node
 * has built in. Of the rights there is what these calls need. */
import { createHash } from "node:crypto";
import Database from "better-sqlite3";
import Fastify from "fastify";

const [file, port] = process.argv.slice(2);
const PAGE_SIZE = 100, PAGE_SIZE_MAX = 200;
const TOUCH_MS = 5 * 60 * 1000, IDLE_MS = 7 * 24 * 3600 * 1000, SESSION_MAX_MS = 30 * 24 * 3600 * 1000;
const GUARD = {
	"Cache-Control": "no-store",
	"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
	"Referrer-Policy": "no-referrer",
	"X-Content-Type-Options": "nosniff",
};
const READ = {
	site: ["operator", "company_admin", "site_admin_payment", "site_admin", "site_user", "apartment_admin"],
	apartment: ["operator", "company_admin", "site_admin_payment", "site_admin", "site_user"],
	device: ["operator", "company_admin", "site_admin_payment", "site_admin", "site_user"],
	call: ["company_admin", "site_admin_payment", "site_admin"],
};
const RIGHTS = Object.fromEntries(Object.entries(READ).map(([k, v]) => [k, new Set(v)]));

const db = new Database(file, { fileMustExist: true });
db.pragma("journal_mode = WAL");
db.pragma("synchronous = FULL");
db.pragma("foreign_keys = ON");

const sql = {
	session: db.prepare(`SELECT s.person_id, s.created_at, s.seen_at, p.email, p.name,
		p.disabled_at FROM session s JOIN person p ON p.id = s.person_id
		WHERE s.token_hash = ? AND s.expires_at > ?`),
	touch: db.prepare("UPDATE session SET seen_at = ?, expires_at = ? WHERE token_hash = ?"),
	roles: db.prepare(`SELECT role, company_id, site_id, apartment_id FROM person_role
		WHERE person_id = ? ORDER BY id`),
	site: db.prepare("SELECT id, company_id, name, type, zone, language FROM site WHERE id = ?"),
	apartments: db.prepare(`SELECT id, floor, number, name FROM apartment
		WHERE site_id = ? AND (number, id) > (?, ?) ORDER BY number, id LIMIT ?`),
	devices: db.prepare(`SELECT d.number, d.kind, d.name, d.apartment_id, d.unlock_code,
		d.registered_at, b.transport, b.address FROM device d LEFT JOIN binding b
		ON b.site_id = d.site_id AND b.device = d.number AND b.expires_at > @now
		AND NOT EXISTS (SELECT 1 FROM binding l WHERE l.site_id = b.site_id
		AND l.device = b.device AND (l.expires_at, l.contact) > (b.expires_at, b.contact))
		WHERE d.site_id = @site AND (d.name, d.number) > (@name, @id)
		ORDER BY d.name, d.number LIMIT @limit`),
	calls: db.prepare(`SELECT id, started_at, from_device, from_name, answered_at, ended_at, state,
		result, answered_by, answered_by_name FROM call
		WHERE site_id = ? AND (started_at, id) < (?, ?)
		ORDER BY started_at DESC, id DESC LIMIT ?`),
	openings: db.prepare(`SELECT call_id, at, by_device, by_name, how FROM opening
		WHERE (site_id, call_id) IN (SELECT site_id, id FROM call
		WHERE site_id = ? AND started_at BETWEEN ? AND ?) ORDER BY at, id`),
};

/* Schemas, from which fastify compiles a printer each. */
const text = { type: "string" }, flag = { type: "boolean" }, integer = { type: "integer" };
const orNull = (of) => ({ ...of, nullable: true });
const object = (properties) => ({ type: "object", properties });
const list = (of) => object({ items: { type: "array", items: of }, next: orNull(text) });
const shapes = {
	session: object({ id: text, email: orNull(text), name: text, roles: { type: "array", items: object({
		role: text, company_id: orNull(text), site_id: orNull(text), apartment_id: orNull(text) }) } }),
	site: object({ id: text, name: text, type: text, zone: text, language: text }),
	apartment: object({ id: text, number: text, floor: text, name: text }),
	device: object({ id: text, name: text, kind: text, apartment_id: orNull(text),
		unlock_code: orNull(text), online: flag, status: text, transport: orNull(text),
		address: orNull(text) }),
	call: object({ id: text, from_device: text, from_name: orNull(text), started_at: integer,
		answered_at: orNull(integer), ended_at: orNull(integer), state: text, result: orNull(text),
		answered_by: orNull(text), answered_by_name: orNull(text), opened: { type: "array",
			items: object({ at: integer, by_device: orNull(text), by_name: orNull(text),
				how: text }) } }),
};

class Problem extends Error {
	constructor(status, detail) {
		super(detail);
		this.status = status;
	}
}

const id = (value) => value === null ? null : String(value);

function cookie(request) {
	for (const pair of (request.headers.cookie ?? "").split(";")) {
		const at = pair.indexOf("=");
		if (pair.slice(0, at).trim() === "session")
			return pair.slice(at + 1).trim();
	}
	throw new Problem(401, "Sign in first.");
}

function authenticate(request) {
	const now = request.now = Date.now();
	const hash = createHash("sha256").update(cookie(request)).digest();
	const session = sql.session.get(hash, now);

	if (!session || session.disabled_at !== null)
		throw new Problem(401, "Sign in first.");
	request.session = session;
	request.roles = sql.roles.all(session.person_id);
	if (now - session.seen_at > TOUCH_MS)
		sql.touch.run(now, Math.min(now + IDLE_MS, session.created_at + SESSION_MAX_MS), hash);
}

function covers(role, site) {
	if (role.role === "operator")
		return true;
	return role.role === "company_admin" ? role.company_id === site.company_id
		: role.site_id === site.id;
}

const may = (right) => function judge(request, _reply, done) {
	authenticate(request);
	const site = /^[0-9]+$/.test(request.params.site) && sql.site.get(Number(request.params.site));
	const roles = site ? request.roles.filter((role) => covers(role, site)) : [];

	if (roles.length === 0)
		throw new Problem(404, "There is nothing here.");
	if (!roles.some((role) => RIGHTS[right].has(role.role)))
		throw new Problem(403, "Your role may not do this.");
	request.site = site;
	for (const name in request.query)
		if (name !== "cursor" && name !== "limit")
			throw new Problem(400, "There is no such parameter here.");
	request.limit = Number(request.query.limit ?? PAGE_SIZE);
	if (!Number.isInteger(request.limit) || request.limit < 1 || request.limit > PAGE_SIZE_MAX)
		throw new Problem(400, `limit must be from 1 to ${PAGE_SIZE_MAX}.`);
	done();
};

/* "42:Name" */
function nameCursor({ query: { cursor } }) {
	const parts = cursor === undefined ? ["", "-1", ""] : /^([0-9]+):(.*)$/.exec(cursor);

	if (!parts)
		throw new Problem(404, "There is nothing here.");
	return { id: Number(parts[1]), name: parts[2] };
}

/* "1700000000000.42" */
function timeCursor({ query: { cursor } }) {
	const newest = Number.MAX_SAFE_INTEGER;
	const parts = cursor === undefined ? ["", newest, newest] : /^([0-9]+)\.([0-9]+)$/.exec(cursor);

	if (!parts)
		throw new Problem(404, "There is nothing here.");
	return parts.slice(1).map(Number);
}

function page(request, rows, view, cursorOf) {
	const more = rows.length > request.limit;

	if (more)
		rows.pop();
	return { items: rows.map(view), next: more ? cursorOf(rows.at(-1)) : null };
}

const app = Fastify({ logger: false });
app.addHook("onSend", (_request, reply, payload, done) => {
	reply.headers(GUARD);
	done(null, payload);
});
app.setErrorHandler((error, _request, reply) => reply.code(error.status ?? 500)
	.type("application/problem+json").send(JSON.stringify({ detail: error.message })));

function get(path, right, shape, handler) {
	app.get("/api/v1" + path, {
		schema: { response: { 200: shape } },
		preHandler: right ? may(right) : (request, _reply, done) => (authenticate(request), done()),
	}, handler);
}

get("/session", null, shapes.session, (request, reply) => reply.send({
	id: id(request.session.person_id), email: request.session.email, name: request.session.name,
	roles: request.roles.map((r) => ({ role: r.role, company_id: id(r.company_id),
		site_id: id(r.site_id), apartment_id: id(r.apartment_id) })),
}));

get("/sites/:site", "site", shapes.site, (request, reply) =>
	reply.send({ ...request.site, id: id(request.site.id) }));

get("/sites/:site/apartments", "apartment", list(shapes.apartment), (request, reply) => {
	const after = nameCursor(request);
	const rows = sql.apartments.all(request.site.id, after.name, after.id, request.limit + 1);

	reply.send(page(request, rows,
		(a) => ({ id: id(a.id), number: a.number, floor: a.floor, name: a.name }),
		(a) => `${a.id}:${a.number}`));
});

get("/sites/:site/devices", "device", list(shapes.device), (request, reply) => {
	const rows = sql.devices.all({ site: request.site.id, now: request.now, ...nameCursor(request),
		limit: request.limit + 1 });

	reply.send(page(request, rows, (d) => {
		const online = d.transport !== null;
		return { id: id(d.number), name: d.name, kind: d.kind, apartment_id: id(d.apartment_id),
			unlock_code: d.unlock_code, online,
			status: online ? "registered" : d.registered_at === null ? "needs_configuration"
				: "not_registered",
			transport: d.transport, address: d.address };
	}, (d) => `${d.number}:${d.name}`));
});

get("/sites/:site/calls", "call", list(shapes.call), (request, reply) => {
	const rows = sql.calls.all(request.site.id, ...timeCursor(request), request.limit + 1);
	const opened = new Map(rows.slice(0, request.limit).map((c) => [c.id, []]));

	if (rows.length > 0) {
		const last = rows[Math.min(rows.length, request.limit) - 1];
		for (const o of sql.openings.all(request.site.id, last.started_at, rows[0].started_at))
			opened.get(o.call_id)?.push({ at: o.at, by_device: id(o.by_device),
				by_name: o.by_name, how: o.how });
	}
	reply.send(page(request, rows, (c) => ({ id: id(c.id), from_device: id(c.from_device),
		from_name: c.from_name, started_at: c.started_at, answered_at: c.answered_at,
		ended_at: c.ended_at, state: c.state, result: c.result, answered_by: id(c.answered_by),
		answered_by_name: c.answered_by_name, opened: opened.get(c.id) }),
	(c) => `${c.started_at}.${c.id}`));
});

await app.listen({ host: "127.0.0.1", port: Number(port) });
console.log("ready");
