// Where in the app: the address's fragment, so that every page of it is one page for the worker.
// Pure parsing here; app.tsx listens.

export const PAGES = ["home", "calls", "help", "settings"] as const;
export type Page = typeof PAGES[number];

// answer: a notice's button was pressed for that call. The others look at what is there.
export interface Here {
	page: Page;
	answer: string | null;
}

export function here_parse(hash: string): Here {
	const [first = "", second = ""] = hash.replace(/^#\/?/, "").split("/");
	return {
		page: PAGES.find((page) => page === first) ?? "home",
		answer: first === "answer" && /^[0-9]+$/.test(second) ? second : null,
	};
}

export const page_href = (page: Page) => page === "home" ? "#/" : `#/${page}`;
