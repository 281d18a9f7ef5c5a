// What a browser calls itself, as people know it. Pure.

// The first that fits counts: most of them claim to be each other.
const BROWSERS: readonly [RegExp, string][] = [
	[/\bEdgA?\//, "Edge"], [/\bOPR\//, "Opera"], [/\bSamsungBrowser\//, "Samsung Internet"],
	[/\bFirefox\/|\bFxiOS\//, "Firefox"], [/\bHeadlessChrome\/|\bChromium\//, "Chromium"],
	[/\bChrome\/|\bCriOS\//, "Chrome"], [/\bSafari\//, "Safari"], [/^curl\//, "curl"],
];
const SYSTEMS: readonly [RegExp, string][] = [
	[/\biPhone\b/, "iPhone"], [/\biPad\b/, "iPad"], [/\bAndroid\b/, "Android"],
	[/\bWindows\b/, "Windows"], [/\bMac OS X\b/, "macOS"], [/\bCrOS\b/, "ChromeOS"],
	[/\bLinux\b/, "Linux"],
];

const first = (list: readonly [RegExp, string][], text: string) =>
	list.find(([pattern]) => pattern.test(text))?.[1];

// "Firefox · Windows"; null when it says nothing that we know.
export function agent_name(agent: string): string | null {
	const parts = [first(BROWSERS, agent), first(SYSTEMS, agent)].filter((part) => part !== undefined);
	return parts.length > 0 ? parts.join(" · ") : null;
}
