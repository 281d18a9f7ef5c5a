import { t } from "../lib/i18n.ts";
import { DoMany } from "./do_many.tsx";

interface Props<T> {
	rows: readonly T[];
	name: (row: T) => string;
	text: string;
	remove: (row: T) => Promise<void>;
	explain?: (status: number) => string | null;
	close: () => void;
	done: (rows: readonly T[]) => void; // those that are gone
}

export function DeleteMany<T>({ text, remove, ...props }: Props<T>) {
	return (
		<DoMany title={t("delete_many_ask", { n: props.rows.length })} yes={t("delete")} danger
			act={remove} {...props}>
			<p>{text}</p>
		</DoMany>
	);
}
