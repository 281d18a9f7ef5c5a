// Builds dist/: index.html, and assets/ with a content hash in every name, so that the server may
// let browsers keep them for ever. Each file has a .gz and a .br copy beside it.
import { build } from "esbuild";
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { check_catalogues, without_mail } from "./catalogues.mjs";

const INITIAL_JS_GZIP_MAX = 60_000;
const here = dirname(fileURLToPath(import.meta.url));
const dist = process.argv[2] ?? join(here, "dist");

const faults = check_catalogues(join(here, "src"));
if (faults.length > 0) {
	console.error(faults.join("\n"));
	process.exit(1);
}

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
// As one object: of JSON, esbuild makes a variable and an export of each key, half as much again.
const portal_words = {
	name: "catalogues without mails",
	setup: ({ onLoad }) => onLoad({ filter: /\/catalogue\/\w+\.json$/ }, ({ path }) => {
		const words = without_mail(JSON.parse(readFileSync(path, "utf8")));
		return { contents: `export default ${JSON.stringify(words)}`, loader: "js" };
	}),
};
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
const { metafile } = await build({
	define: { CAPTCHA_WORKER: JSON.stringify(`/assets/${worker_name}`) },
	entryPoints: { app: join(here, "src/main.tsx"), style: join(here, "src/style.css") },
	outdir: join(dist, "assets"),
	entryNames: "[name]-[hash]",
	chunkNames: "[name]-[hash]",
	absWorkingDir: here,
	bundle: true,
	plugins: [portal_words],
	splitting: true,
	format: "esm",
	target: "es2022",
	minify: true,
	metafile: true,
	jsx: "automatic",
	jsxImportSource: "preact",
	legalComments: "none",
	logLevel: "warning",
});

const name_of = (source) =>
	Object.entries(metafile.outputs)
		.filter(([, out]) => out.entryPoint === source)
		.map(([path]) => path.split("/").pop())[0];
const script = name_of("src/main.tsx");
const html = readFileSync(join(here, "index.html"), "utf8")
	.replace("@SCRIPT@", `/assets/${script}`)
	.replace("@STYLE@", `/assets/${name_of("src/style.css")}`)
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

// What a first visit loads: the entry, what it imports statically, and one catalogue.
const initial = new Set();
const visit = (path) => {
	if (initial.has(path))
		return;
	initial.add(path);
	for (const { path: next, kind } of metafile.outputs[path].imports)
		if (kind === "import-statement")
			visit(next);
};
const gzipped = (path) => statSync(`${join(here, path)}.gz`).size;
for (const path of Object.keys(metafile.outputs))
	if (path.endsWith(script))
		visit(path);
const catalogues = Object.entries(metafile.outputs)
	.filter(([path, { entryPoint = "" }]) =>
		entryPoint.startsWith("src/catalogue/") && !initial.has(path))
	.map(([path]) => path);
if (catalogues.length !== readdirSync(join(here, "src/catalogue")).length) {
	console.error("a catalogue is loaded before its language is chosen");
	process.exit(1);
}
const largest = Math.max(...catalogues.map(gzipped));
const bytes = [...initial].reduce((sum, path) => sum + gzipped(path), largest);
console.log(`initial JavaScript: ${bytes} bytes gzipped, ${largest} of them the largest of`
	+ ` ${catalogues.length} catalogues`);
if (bytes > INITIAL_JS_GZIP_MAX) {
	console.error(`more than the limit of ${INITIAL_JS_GZIP_MAX}`);
	process.exit(1);
}
