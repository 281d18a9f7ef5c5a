// Builds dist/: index.html, and assets/ with a content hash in every name, so that the server may
// let browsers keep them for ever. Each file has a .gz and a .br copy beside it.
import { build, transform } from "esbuild";
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { rollup } from "rollup";
import { check_catalogues, without_mail } from "./catalogues.mjs";

const INITIAL_JS_GZIP_MAX = 60_000;
const CHUNK_MIN = 4_000; // bytes before the gzip: what is smaller goes with others, a request less
const here = dirname(fileURLToPath(import.meta.url));
const dist = process.argv[2] ?? join(here, "dist");

const faults = check_catalogues(join(here, "src"));
if (faults.length > 0) {
	console.error(faults.join("\n"));
	process.exit(1);
}

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
// The worker is built first: the pages have its address in them.
const { metafile: worker } = await build({
	entryPoints: { captcha: join(here, "src/captcha/worker.ts") },
	outdir: join(dist, "assets"),
	entryNames: "[name]-[hash]",
	absWorkingDir: here,
	bundle: true,
	format: "iife",
	target: "es2022",
	minify: true,
	metafile: true,
	legalComments: "none",
	logLevel: "warning",
});
const worker_name = Object.keys(worker.outputs)[0].split("/").pop();
const { metafile: styles } = await build({
	entryPoints: { style: join(here, "src/style.css") },
	outdir: join(dist, "assets"),
	entryNames: "[name]-[hash]",
	absWorkingDir: here,
	bundle: true,
	minify: true,
	metafile: true,
	logLevel: "warning",
});
const style = Object.keys(styles.outputs)[0].split("/").pop();

// esbuild makes JavaScript of each file; Rollup puts them together, because it leaves what the entry
// has in the entry, where esbuild makes a chunk for every set of pages that share something.
const ESBUILD = { target: "es2022", format: "esm", legalComments: "none" };
const sources = {
	name: "sources",
	resolveId: (id) => /^[./]/.test(id) ? null : fileURLToPath(import.meta.resolve(id)),
	async transform(code, id) {
		if (/\/catalogue\/\w+\.json$/.test(id)) {
			const words = JSON.stringify(without_mail(JSON.parse(code)));
			return { code: `export default JSON.parse(${JSON.stringify(words)});`, map: null };
		}
		if (!/\.tsx?$/.test(id))
			return null;
		const { code: plain } = await transform(code, { ...ESBUILD, loader: id.endsWith("x") ? "tsx" : "ts",
			jsx: "automatic", jsxImportSource: "preact", sourcefile: id,
			define: { CAPTCHA_WORKER: JSON.stringify(`/assets/${worker_name}`) } });
		return { code: plain, map: null };
	},
	renderChunk: async (code) =>
		({ code: (await transform(code, { ...ESBUILD, minify: true })).code, map: null }),
};
const bundle = await rollup({ input: { app: join(here, "src/main.tsx") }, plugins: [sources],
	onwarn: (warning) => {
		throw new Error(warning.message);
	} });
const { output } = await bundle.write({ dir: join(dist, "assets"), format: "es",
	entryFileNames: "[name]-[hash].js", chunkFileNames: "[name]-[hash].js",
	experimentalMinChunkSize: CHUNK_MIN });
await bundle.close();
const chunks = new Map(output.map((chunk) => [chunk.fileName, chunk]));

// What a first visit loads: the entry and what it imports statically; and one catalogue.
const imported = (name, found = new Set()) => {
	if (!found.has(name)) {
		found.add(name);
		chunks.get(name).imports.forEach((next) => imported(next, found));
	}
	return found;
};
const script = output.find(({ isEntry }) => isEntry).fileName;
// Named in the page, so that the browser fetches them side by side and not one after the other.
const preloads = [...imported(script)].filter((name) => name !== script)
	.map((name) => `<link rel="modulepreload" href="/assets/${name}">\n`).join("");
const html = readFileSync(join(here, "index.html"), "utf8")
	.replace("@PRELOADS@\n", preloads)
	.replace("@SCRIPT@", `/assets/${script}`)
	.replace("@STYLE@", `/assets/${style}`)
	.replace("@ICONS@", () => readFileSync(join(here, "src/icons.svg"), "utf8").trim());
writeFileSync(join(dist, "index.html"), html);
writeFileSync(join(dist, "icon.svg"), readFileSync(join(here, "icon.svg")));

for (const name of readdirSync(dist, { recursive: true })) {
	const path = join(dist, name);
	if (!statSync(path).isFile())
		continue;
	const bytes = readFileSync(path);
	writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
	writeFileSync(`${path}.br`, brotliCompressSync(bytes));
}

const initial = [...imported(script)];
const gzipped = (name) => statSync(join(dist, "assets", `${name}.gz`)).size;
const catalogues = [...chunks.values()].filter(({ facadeModuleId, fileName }) =>
	/\/catalogue\/\w+\.json$/.test(facadeModuleId ?? "") && !initial.includes(fileName));
if (catalogues.length !== readdirSync(join(here, "src/catalogue")).length) {
	console.error("a catalogue is loaded before its language is chosen");
	process.exit(1);
}
const largest = Math.max(...catalogues.map(({ fileName }) => gzipped(fileName)));
const bytes = initial.reduce((sum, name) => sum + gzipped(name), largest);
console.log(`initial JavaScript: ${bytes} bytes gzipped, ${largest} of them the largest of`
	+ ` ${catalogues.length} catalogues`);
if (bytes > INITIAL_JS_GZIP_MAX) {
	console.error(`more than the limit of ${INITIAL_JS_GZIP_MAX}`);
	process.exit(1);
}
