// The one time of the day at which an app does not ring, in a list that may hold more. Pure.
import type { Quiet, QuietTime } from "../api/types.ts";
import { EVERY_DAY, NIGHT } from "../lib/quiet.ts";

// None, or one for every day: what the app can show.
export const quiet_simple = ({ items }: Quiet) => items.length === 0
	|| (items.length === 1 && items[0]?.days === EVERY_DAY);

export const quiet_night = ({ items }: Quiet): QuietTime => items[0] ?? NIGHT;

export const quiet_with = (quiet: Quiet, time: Omit<QuietTime, "days"> | null): Quiet =>
	({ ...quiet, items: time === null ? [] : [{ days: EVERY_DAY, ...time }] });
