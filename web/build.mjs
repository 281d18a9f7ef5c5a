// Builds dist/: the portal's index.html, the app's app/index.html with its worker, manifest and
// icons, and assets/ with a content hash in every name, so that the server may let browsers keep
// them for ever. Each file has a .gz and a .br copy beside it.
import { build, transform } from "esbuild";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { rollup } from "rollup";
import { check_catalogues, words_used } from "./catalogues.mjs";
import { icon_png } from "./icons.mjs";

// What a first visit may load, with the largest catalogue, gzipped.
const PORTAL_JS_MAX = 60_000;
const APP_JS_MAX = 38_000;
const CHUNK_MIN = 4_000; // bytes before the gzip: what is smaller goes with others, a request less
const ICON_SIZES = [192, 512];
const here = dirname(fileURLToPath(import.meta.url));
const dist = process.argv[2] ?? join(here, "dist");
const assets = join(dist, "assets");

const faults = check_catalogues(join(here, "src"));
if (faults.length > 0) {
	console.error(faults.join("\n"));
	process.exit(1);
}
const LANGS = readdirSync(join(here, "src/catalogue")).map((name) => name.replace(/\.json$/, ""));
const catalogue = (lang) =>
	JSON.parse(readFileSync(join(here, "src/catalogue", `${lang}.json`), "utf8"));

rmSync(dist, { recursive: true, force: true });
mkdirSync(join(dist, "app"), { recursive: true });

// One file of one entry; returns its name.
async function single(entry, more) {
	const { metafile } = await build({ entryPoints: [join(here, entry)], outdir: assets,
		entryNames: "[name]-[hash]", absWorkingDir: here, bundle: true, format: "iife",
		target: "es2022", minify: true, metafile: true, legalComments: "none", charset: "utf8",
		logLevel: "warning", ...more });
	return Object.keys(metafile.outputs)[0].split("/").pop();
}

// The worker is built first: the pages have its address in them.
const worker = await single("src/captcha/worker.ts", { entryNames: "captcha-[hash]" });

// esbuild makes JavaScript of each file; Rollup puts them together, because it leaves what the entry
// has in the entry, where esbuild makes a chunk for every set of pages that share something.
const ESBUILD = { target: "es2022", format: "esm", legalComments: "none", charset: "utf8" };
const IS_CATALOGUE = /\/catalogue\/(\w+)\.json$/;

// A catalogue has the words that the sources use with which it goes.
const sources = {
	name: "sources",
	resolveId: (id) => /^[./]/.test(id) ? null : fileURLToPath(import.meta.resolve(id)),
	async transform(code, id) {
		if (IS_CATALOGUE.test(id)) // whole, so that its size keeps it a chunk of its own
			return { code: `export default JSON.parse(${JSON.stringify(code)});`, map: null };
		if (!/\.tsx?$/.test(id))
			return null;
		const { code: plain } = await transform(code, { ...ESBUILD, loader: id.endsWith("x") ? "tsx" : "ts",
			jsx: "automatic", jsxImportSource: "preact", sourcefile: id,
			define: { CAPTCHA_WORKER: JSON.stringify(`/assets/${worker}`) } });
		return { code: plain, map: null };
	},
	async renderChunk(code, { facadeModuleId }) {
		const [, lang] = IS_CATALOGUE.exec(facadeModuleId ?? "") ?? [];
		if (lang !== undefined) {
			const source = [...this.getModuleIds()].map((id) => this.getModuleInfo(id).code).join("\n");
			const words = JSON.stringify(words_used(catalogue(lang), source));
			return { code: `export default JSON.parse(${JSON.stringify(words)});`, map: null };
		}
		return { code: (await transform(code, { ...ESBUILD, minify: true })).code, map: null };
	},
};

// A page of its own: its bundle, and what of it a first visit loads, the entry first.
async function bundle(name, entry) {
	const made = await rollup({ input: { [name]: join(here, entry) }, plugins: [sources],
		onwarn: (warning) => {
			throw new Error(warning.message);
		} });
	const { output } = await made.write({ dir: assets, format: "es",
		entryFileNames: "[name]-[hash].js", chunkFileNames: "[name]-[hash].js",
		experimentalMinChunkSize: CHUNK_MIN });
	await made.close();
	const chunks = new Map(output.map((chunk) => [chunk.fileName, chunk]));
	const initial = new Set();
	const load = (file) => {
		if (!initial.has(file)) {
			initial.add(file);
			chunks.get(file).imports.forEach(load);
		}
	};
	load(output.find(({ isEntry }) => isEntry).fileName);
	const catalogues = output.filter(({ facadeModuleId, fileName }) =>
		IS_CATALOGUE.test(facadeModuleId ?? "") && !initial.has(fileName));
	if (catalogues.length !== LANGS.length) {
		console.error(`${name}: a catalogue is loaded before its language is chosen`);
		process.exit(1);
	}
	return { name, initial: [...initial], catalogues: catalogues.map(({ fileName }) => fileName) };
}

async function page({ initial: [script, ...rest] }, template, style) {
	const sheet = await single(style, {});
	// Named in the page, so that the browser fetches them side by side and not one after the other.
	const preloads = rest.map((name) => `<link rel="modulepreload" href="/assets/${name}">\n`).join("");
	return { sheet, html: readFileSync(join(here, template), "utf8")
		.replace("@PRELOADS@\n", preloads)
		.replace("@SCRIPT@", `/assets/${script}`)
		.replace("@STYLE@", `/assets/${sheet}`)
		.replace("@ICONS@", () => readFileSync(join(here, "src/icons.svg"), "utf8").trim()) };
}

const portal = await bundle("portal", "src/main.tsx");
writeFileSync(join(dist, "index.html"), (await page(portal, "index.html", "src/style.css")).html);
writeFileSync(join(dist, "icon.svg"), readFileSync(join(here, "icon.svg")));

const app = await bundle("app", "src/app/main.tsx");
const { html, sheet } = await page(app, "app.html", "src/app/style.css");
writeFileSync(join(dist, "app/index.html"), html);

// The app's worker knows what the app consists of, and all languages' words of notices.
const shell = ["/app/", "/icon.svg", ...[sheet, ...app.initial].map((name) => `/assets/${name}`)];
const words_of_notices = Object.fromEntries(LANGS.map((lang) => [lang,
	words_used(catalogue(lang), readFileSync(join(here, "src/app/notice.ts"), "utf8"))]));
await single("src/app/sw.ts", { outdir: join(dist, "app"), entryNames: "[name]", define: {
	SHELL: JSON.stringify(shell),
	SHELL_NAME: JSON.stringify(createHash("sha256").update(html).digest("hex").slice(0, 12)),
	NOTICE_WORDS: JSON.stringify(words_of_notices),
} });

const icons = ICON_SIZES.flatMap((size) => [false, true].map((maskable) => {
	const name = `icon-${size}${maskable ? "-maskable" : ""}.png`;
	writeFileSync(join(dist, "app", name), icon_png(size, maskable));
	return { src: `/app/${name}`, sizes: `${size}x${size}`, type: "image/png",
		purpose: maskable ? "maskable" : "any" };
}));
writeFileSync(join(dist, "app/manifest.webmanifest"), JSON.stringify({
	id: "/app/", name: "Vestibule", short_name: "Vestibule", start_url: "/app/", scope: "/app/",
	display: "standalone", background_color: "#f4f5f8", theme_color: "#1d4ed8", icons,
}));

for (const name of readdirSync(dist, { recursive: true })) {
	const path = join(dist, name);
	if (!statSync(path).isFile() || path.endsWith(".png"))
		continue;
	const bytes = readFileSync(path);
	writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
	writeFileSync(`${path}.br`, brotliCompressSync(bytes));
}

for (const [{ name, initial, catalogues }, max] of [[portal, PORTAL_JS_MAX], [app, APP_JS_MAX]]) {
	const gzipped = (file) => statSync(join(assets, `${file}.gz`)).size;
	const largest = Math.max(...catalogues.map(gzipped));
	const bytes = initial.reduce((sum, file) => sum + gzipped(file), largest);
	console.log(`${name}, initial JavaScript: ${bytes} bytes gzipped, ${largest} of them the largest`
		+ ` of ${catalogues.length} catalogues`);
	if (bytes > max) {
		console.error(`more than the limit of ${max}`);
		process.exit(1);
	}
}
