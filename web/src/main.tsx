import { render } from "preact";
import { App, app_start } from "./app.tsx";
import { page_start } from "./lib/start.ts";

const root = document.getElementById("app") as HTMLElement;

void page_start(app_start(), (lang, speech) => render(<App key={lang} {...speech} />, root));
