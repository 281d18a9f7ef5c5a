// Bundles each test/*.test.ts for node and runs them with node:test.
import { build } from "esbuild";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const names = readdirSync(join(here, "test")).filter((name) => name.endsWith(".test.ts"));
const out = mkdtempSync(join(tmpdir(), "vestibule-web-"));
try {
	await build({
		entryPoints: names.map((name) => join(here, "test", name)),
		outdir: out,
		outExtension: { ".js": ".mjs" },
		bundle: true,
		platform: "node",
		format: "esm",
		logLevel: "warning",
	});
	const files = names.map((name) => join(out, name.replace(/\.ts$/, ".mjs")));
	files.push(join(here, "test/catalogues.test.mjs"), join(here, "test/markup.test.mjs"));
	process.exitCode = spawnSync(process.execPath, ["--test", ...files],
		{ stdio: "inherit" }).status ?? 1;
} finally {
	rmSync(out, { recursive: true, force: true });
}
