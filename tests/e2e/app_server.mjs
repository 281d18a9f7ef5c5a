// A server for the app's tests that knows nothing of calls: files of the portal's build, and answers
// that the test sets. What the page and its worker ask is kept.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const DIST = join(dirname(fileURLToPath(import.meta.url)), "../../web/dist");
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css",
	".svg": "image/svg+xml", ".png": "image/png", ".webmanifest": "application/manifest+json" };
const API = "/api/v1";

export class AppServer {
	static async open(answers) {
		const server = new AppServer();
		server.answers = answers; // "GET /app": a body, a status, a JPEG (Buffer), or a function of the
		// request's body
		server.asked = []; // { method, path, body }
		server.http = createServer((request, response) => void server.#handle(request, response));
		await server.#listen(0);
		server.port = server.http.address().port;
		server.origin = `http://127.0.0.1:${server.port}`;
		return server;
	}

	#listen(port) {
		this.http.unref(); // a test that failed before it closed this one holds up nobody
		return new Promise((done) => this.http.listen(port, "127.0.0.1", done));
	}

	async #handle(request, response) {
		const { pathname, search } = new URL(request.url, this.origin);
		if (!pathname.startsWith(API))
			return this.#file(pathname, response);
		const parts = [];
		for await (const part of request)
			parts.push(part);
		const text = Buffer.concat(parts).toString("latin1");
		const body = request.headers["content-type"] === "application/json" ? JSON.parse(text) : text;
		const path = pathname.slice(API.length);
		this.asked.push({ method: request.method, path: path + search, body });
		let answer = this.answers[`${request.method} ${path}`] ?? 404;
		if (typeof answer === "function")
			answer = await answer(body);
		if (Buffer.isBuffer(answer))
			return response.writeHead(200, { "content-type": "image/jpeg" }).end(answer);
		const status = typeof answer === "number" ? answer : 200;
		response.writeHead(status, { "content-type": "application/json" });
		response.end(status === 204 ? undefined : JSON.stringify(status === 200 ? answer : {}));
	}

	#file(pathname, response) {
		const plain = normalize(pathname);
		const name = extname(plain) !== "" ? plain : plain.startsWith("/app") ? "/app/index.html"
			: "/index.html";
		try {
			const body = readFileSync(join(DIST, name));
			response.writeHead(200, { "content-type": TYPES[extname(name)] ?? "text/plain" });
			response.end(body);
		} catch {
			response.writeHead(404).end();
		}
	}

	// As a server that is gone: nothing answers at this address, until it is there again.
	async gone() {
		this.http.closeAllConnections();
		await new Promise((done) => this.http.close(done));
	}

	back() {
		return this.#listen(this.port);
	}

	async close() {
		this.http.closeAllConnections();
		await new Promise((done) => this.http.close(done));
	}
}
