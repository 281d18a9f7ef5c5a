// Sorting and filtering of rows that a page holds. Pure.

export type SortValue = string | number | null;

// Without case and accents, as the server folds what it searches.
export function fold(text: string): string {
	return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

// Those that have every word of `text` somewhere.
export function rows_filter<T>(rows: readonly T[], text: string, of: (row: T) => string): readonly T[] {
	const words = fold(text).split(/\s+/).filter((word) => word !== "");
	if (words.length === 0)
		return rows;
	return rows.filter((row) => {
		const have = fold(of(row));
		return words.every((word) => have.includes(word));
	});
}

// As the reader's language sorts, numbers within texts by value; what has no value comes last either
// way. The order of equal rows stays.
export function rows_sort<T>(rows: readonly T[], of: (row: T) => SortValue, down: boolean,
	lang: string): T[] {
	const { compare } = new Intl.Collator(lang, { numeric: true });
	const order = (a: SortValue, b: SortValue) => typeof a === "number" && typeof b === "number"
		? a - b : compare(String(a), String(b));
	return [...rows].sort((a, b) => {
		const x = of(a);
		const y = of(b);
		if (x === null || y === null)
			return Number(x === null) - Number(y === null);
		return down ? order(y, x) : order(x, y);
	});
}
