import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { lang_current, t } from "../lib/i18n.ts";
import { rows_filter, rows_sort, type SortValue } from "../lib/table.ts";
import { Icon } from "./icon.tsx";
import { More } from "./more.tsx";
import { SearchBox } from "./search_box.tsx";

const SHOWN = 50; // rows at first, and more with each step: a page of thousands is slow to lay out

// Rows are sorted here, as the reader's language does, once all of them are: of a page alone, the
// first by some other column are not the first of all.
export interface Column<T> {
	key: string;
	title: string;
	cell: (row: T) => ComponentChildren;
	sort?: (row: T) => SortValue;
	ordered?: boolean; // the server sorts by it, see Order
}

export interface Sorted {
	key: string;
	down: boolean;
}

// How the server sorts a list that comes in pages.
export interface Order extends Sorted {
	set: (sorted: Sorted) => void;
}

export interface BulkAction<T> {
	text: string;
	danger?: boolean;
	act: (rows: readonly T[]) => void;
}

interface Props<T> {
	label: string;
	columns: readonly Column<T>[]; // the first names the row
	rows: readonly T[];
	id: (row: T) => string;
	name: (row: T) => string;        // what a screen reader calls the row's checkbox
	filter?: (row: T) => string;     // the text that the box above looks through; all rows are here
	actions?: readonly BulkAction<T>[]; // on chosen rows
	// A further page of the server's, null at the end; without it, all rows are here.
	next?: { text: string; busy: boolean; read: () => void } | null;
	order?: Order;
	note?: ComponentChildren; // about the rows, above them
}

// sort null: the rows cannot be sorted by this column.
function Head<T>({ column, sorted, sort }: { column: Column<T>; sorted: Sorted | null;
	sort: (() => void) | null }) {
	const mine = sorted?.key === column.key ? sorted : null;
	if (sort === null)
		return <th role="columnheader" scope="col">{column.title}</th>;
	return (
		<th role="columnheader" scope="col"
			{...(mine ? { "aria-sort": mine.down ? "descending" : "ascending" } : {})}>
			<button class="bare" onClick={sort}>
				{column.title}{mine && <Icon name={mine.down ? "down" : "up"} />}
			</button>
		</th>
	);
}

function Check({ name, on, set }: { name: string; on: boolean; set: (on: boolean) => void }) {
	return (
		<label class="check">
			<input type="checkbox" checked={on}
				onChange={(event) => set(event.currentTarget.checked)} />
			<span class="hidden">{name}</span>
		</label>
	);
}

function Row<T>({ row, columns, check }: { row: T; columns: readonly Column<T>[];
	check: ComponentChildren }) {
	return (
		<tr role="row">
			{check !== null && <td role="cell" class="pick no-print">{check}</td>}
			{columns.map(({ key, title, cell }, at) => at === 0
				? <th key={key} role="rowheader" scope="row">{cell(row)}</th>
				: <td key={key} role="cell" data-title={title}>{cell(row)}</td>)}
		</tr>
	);
}

// Rows that can be sorted, narrowed, chosen and printed; cards on a phone. The roles are said again
// because a browser forgets them where a table is laid out otherwise.
export function Table<T>(props: Props<T>) {
	const { label, columns, id, name, filter, actions = [], next, order } = props;
	const [text, set_text] = useState("");
	const [here, set_here] = useState<Sorted | null>(null);
	const [chosen, set_chosen] = useState<ReadonlySet<string>>(new Set());
	const [limit, set_limit] = useState(SHOWN);
	const [printing, set_printing] = useState(false);
	useEffect(() => {
		if (!printing)
			return;
		print();
		set_printing(false);
	}, [printing]);

	const whole = next === undefined || next === null;
	const sorted = whole && here !== null ? here : order ?? null;
	const by = whole ? columns.find(({ key }) => key === sorted?.key)?.sort : undefined;
	const narrowed = filter ? rows_filter(props.rows, text, filter) : props.rows;
	const all = sorted !== null && by !== undefined
		? rows_sort(narrowed, by, sorted.down, lang_current()) : narrowed;
	const sort = (column: Column<T>) => {
		const set = whole && column.sort !== undefined ? set_here
			: column.ordered === true && order !== undefined ? order.set : null;
		return set === null || props.rows.length < 2 ? null : () =>
			set({ key: column.key, down: sorted?.key === column.key && !sorted.down });
	};
	const shown = printing || next !== undefined ? all : all.slice(0, limit);
	const picked = all.filter((row) => chosen.has(id(row)));
	const pick = (rows: readonly T[], on: boolean) => set_chosen((old) => {
		const changed = new Set(old);
		rows.forEach((row) => on ? changed.add(id(row)) : changed.delete(id(row)));
		return changed;
	});
	const select = actions.length > 0;
	return (
		<div class="stack">
			<div class={filter ? "row tools" : "row tools bare-tools"}>
				{filter && <SearchBox label={t("filter")} value={text} set={set_text} />}
				{props.note}
				<button class="bare no-print" onClick={() => set_printing(true)}>
					<Icon name="print" /><span class="hidden">{t("print")}</span>
				</button>
			</div>
			{picked.length > 0 && (
				<div class="row bulk no-print">
					<span role="status">{t("selected", { n: picked.length })}</span>
					{actions.map((action) => (
						<button key={action.text} class={action.danger ? "danger" : ""}
							onClick={() => action.act(picked)}>{action.text}</button>
					))}
				</div>
			)}
			<table class="table" role="table" aria-label={label}>
				<thead role="rowgroup"><tr role="row">
					{select && (
						<td role="cell" class="pick no-print">
							<Check name={t("select_all")} set={(on) => pick(all, on)}
								on={all.length > 0 && picked.length === all.length} />
						</td>
					)}
					{columns.map((column) => (
						<Head key={column.key} column={column} sorted={sorted} sort={sort(column)} />
					))}
				</tr></thead>
				<tbody role="rowgroup">
					{shown.map((row) => (
						<Row key={id(row)} row={row} columns={columns} check={select
							? <Check name={t("select", { name: name(row) })}
								on={chosen.has(id(row))} set={(on) => pick([row], on)} />
							: null} />
					))}
				</tbody>
			</table>
			{all.length === 0 && props.rows.length > 0 && <p class="soft" role="status">{t("no_match")}</p>}
			{all.length > shown.length
				? <More text={t("show_more", { n: all.length - shown.length })} busy={false}
					next={() => set_limit(limit + SHOWN)} />
				: next && <More text={next.text} busy={next.busy} next={next.read} />}
		</div>
	);
}
