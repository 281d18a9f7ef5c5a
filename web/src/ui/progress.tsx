import { t } from "../lib/i18n.ts";

// How far a long deed is.
export function Progress({ done, of }: { done: number; of: number }) {
	return (
		<label class="stack">
			<span role="status">{t("progress", { done, of })}</span>
			<progress value={done} max={of} />
		</label>
	);
}
