import { t } from "../lib/i18n.ts";
import { toast } from "../lib/toast.ts";

// A value to type elsewhere, with a button that copies it. Where the browser refuses (no secure
// context), the value can still be selected with one click.
export function Copy({ label, value }: { label: string; value: string }) {
	const copy = async () => {
		try {
			await navigator.clipboard.writeText(value);
			toast(t("copied", { what: label }));
		} catch {
			toast(t("copy_failed"), true);
		}
	};
	return (
		<div class="field">
			<h3>{label}</h3>
			<div class="copy">
				<span class="mono">{value}</span>
				<button onClick={copy}>
					{t("copy")}<span class="hidden"> {label}</span>
				</button>
			</div>
		</div>
	);
}
