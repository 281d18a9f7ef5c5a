// Times of the week at which nothing rings, as the pages show them. Pure.
import type { QuietTime } from "../api/types.ts";

export const EVERY_DAY = 127;
// What is offered first.
export const NIGHT: QuietTime = { days: EVERY_DAY, from_minute: 22 * 60, until_minute: 7 * 60 };

const DAY_MINUTES = 24 * 60;
const MONDAY = Date.UTC(2024, 0, 1); // a Monday, to ask for names of days
const DAY_MS = DAY_MINUTES * 60_000;

// Monday first, as bit 0 of QuietTime.days is.
export function weekday_names(lang: string): string[] {
	const format = new Intl.DateTimeFormat(lang, { weekday: "short", timeZone: "UTC" });
	return [0, 1, 2, 3, 4, 5, 6].map((day) => format.format(MONDAY + day * DAY_MS));
}

export function quiet_days(days: number): number[] {
	return [0, 1, 2, 3, 4, 5, 6].filter((day) => (days & (1 << day)) !== 0);
}

const two = (n: number) => String(n).padStart(2, "0");

// As an input of type "time" has it; the end of the day is its beginning there.
export function minute_text(minute: number): string {
	const at = minute % DAY_MINUTES;
	return `${two(Math.floor(at / 60))}:${two(at % 60)}`;
}

export function minute_parse(text: string): number | null {
	const [, hours, minutes] = /^([01]\d|2[0-3]):([0-5]\d)/.exec(text) ?? [];
	return hours === undefined ? null : Number(hours) * 60 + Number(minutes);
}
