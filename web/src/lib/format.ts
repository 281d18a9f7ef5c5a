// Dates and durations as people read them. Pure.

const WAIT_SECONDS_MAX = 90;

export function format_time(ms: number, lang: string, zone: string): string {
	return new Intl.DateTimeFormat(lang, {
		dateStyle: "medium", timeStyle: "medium", timeZone: zone_or_utc(zone),
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
