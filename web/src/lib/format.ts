// Dates, numbers and durations as people read them. Pure.

const WAIT_SECONDS_MAX = 90;

// To make one costs more than a row of a table; a page needs few.
const time_formats = new Map<string, Intl.DateTimeFormat>();

function time_format(lang: string, zone: string): Intl.DateTimeFormat {
	const key = `${lang} ${zone}`;
	let format = time_formats.get(key);
	if (format === undefined) {
		format = new Intl.DateTimeFormat(lang, {
			dateStyle: "medium", timeStyle: "medium", timeZone: zone_or_utc(zone),
		});
		time_formats.set(key, format);
	}
	return format;
}

export function format_time(ms: number, lang: string, zone: string): string {
	return time_format(lang, zone).format(ms);
}

// 18:02:11.204: for what a second is long for.
export function format_clock(ms: number, lang: string, zone: string): string {
	return new Intl.DateTimeFormat(lang, {
		hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3,
		hourCycle: "h23", timeZone: zone_or_utc(zone),
	}).format(ms);
}

export function zone_valid(zone: string): boolean {
	try {
		new Intl.DateTimeFormat("en", { timeZone: zone });
		return zone !== "";
	} catch {
		return false;
	}
}

function zone_or_utc(zone: string): string {
	return zone_valid(zone) ? zone : "UTC";
}

// The reader's own, for what belongs to no site.
export function zone_here(): string {
	return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

// When the day of `ms` began at the zone; an hour off on the day that summer time begins or ends.
export function day_start(ms: number, zone: string): number {
	const parts = new Intl.DateTimeFormat("en", {
		hour: "numeric", minute: "numeric", second: "numeric", hourCycle: "h23",
		timeZone: zone_or_utc(zone),
	}).formatToParts(ms);
	const of = (type: string) => Number(parts.find((part) => part.type === type)?.value ?? 0);
	return ms - ((of("hour") * 60 + of("minute")) * 60 + of("second")) * 1000 - ms % 1000;
}

// 20000 is "20,000" in English, "20.000" in German.
export function format_number(n: number, lang: string): string {
	return new Intl.NumberFormat(lang).format(n);
}

// 0.0125 is "1.3 %", as the language writes it.
export function format_share(share: number, lang: string): string {
	return new Intl.NumberFormat(lang, { style: "percent", maximumFractionDigits: 1 }).format(share);
}

// 412 ms is "0.4" with one digit, "0,412" with three in French.
export function format_seconds(ms: number, digits: number, lang: string): string {
	return new Intl.NumberFormat(lang, {
		minimumFractionDigits: digits, maximumFractionDigits: digits,
	}).format(ms / 1000);
}

// "a, b and c", as part of a sentence.
export function format_sentence_list(items: readonly string[], lang: string): string {
	return new Intl.ListFormat(lang, { type: "conjunction" }).format(items);
}

export function format_list(items: readonly string[], lang: string): string {
	return new Intl.ListFormat(lang, { type: "unit" }).format(items);
}

// What clocks of the zone show at `ms`, as if they stood in UTC.
function wall_clock(ms: number, zone: string): number {
	const parts = new Intl.DateTimeFormat("en", {
		year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric",
		second: "numeric", hourCycle: "h23", timeZone: zone_or_utc(zone),
	}).formatToParts(ms);
	const of = (type: string) => Number(parts.find((part) => part.type === type)?.value ?? 0);
	return Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"), of("second"));
}

// When the zone has the midnight that UTC has at `midnight`; NaN of what is no time. The second look
// is for the days on which summer time begins or ends.
export function zone_midnight(midnight: number, zone: string): number {
	if (Number.isNaN(midnight))
		return midnight;
	const near = midnight - (wall_clock(midnight, zone) - midnight);
	return midnight - (wall_clock(near, zone) - near);
}

// 90 is "90 seconds"; what is longer is given in minutes, rounded up.
export function format_wait(seconds: number, lang: string): string {
	const [n, unit] = seconds <= WAIT_SECONDS_MAX
		? [Math.ceil(seconds), "second"] : [Math.ceil(seconds / 60), "minute"];
	return new Intl.NumberFormat(lang, { style: "unit", unit, unitDisplay: "long" }).format(n);
}

// 65,000 ms is 1:05; 3,725,000 ms is 1:02:05.
export function format_duration(ms: number): string {
	const all = Math.max(0, Math.floor(ms / 1000));
	const two = (n: number) => String(n).padStart(2, "0");
	const h = Math.floor(all / 3600);
	const m = Math.floor(all / 60) % 60;
	return h > 0 ? `${h}:${two(m)}:${two(all % 60)}` : `${m}:${two(all % 60)}`;
}
