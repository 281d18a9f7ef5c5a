import { render } from "preact";
import { page_start } from "../lib/start.ts";
import { App, app_start } from "./app.tsx";
import { sound_unlock } from "./ring.ts";
import { worker_start } from "./worker.ts";

const root = document.getElementById("app") as HTMLElement;

for (const touch of ["pointerdown", "keydown"])
	addEventListener(touch, sound_unlock, { capture: true });
void page_start(app_start(), (lang, speech) => render(<App key={lang} {...speech} />, root))
	.then(worker_start);
