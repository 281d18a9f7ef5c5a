import { useState } from "preact/hooks";
import { t } from "../lib/i18n.ts";
import { toast } from "../lib/toast.ts";

const MASK = "•".repeat(8);

interface Props {
	label: string;
	value: string;
	secret?: boolean;
}

// A value to type elsewhere, as a row of a `dl`, with a button that copies it; a secret one is
// covered until somebody asks. Where the browser refuses to copy (no secure context), the value can
// still be selected with one click.
export function Copy({ label, value, secret = false }: Props) {
	const [covered, set_covered] = useState(secret);
	const copy = async () => {
		try {
			await navigator.clipboard.writeText(value);
			toast(t("copied", { what: label }));
		} catch {
			set_covered(false);
			toast(t("copy_failed"), true);
		}
	};
	return (
		<div class={secret ? "copy secret" : "copy"}>
			<dt>{label}</dt>
			<dd>
				{covered
					? <span class="mono value"><span aria-hidden="true">{MASK}</span>
						<span class="hidden">{t("covered")}</span></span>
					: <span class="mono value">{value}</span>}
				{secret && (
					<button aria-expanded={!covered} onClick={() => set_covered(!covered)}>
						{covered ? t("show") : t("hide")}<span class="hidden"> {label}</span>
					</button>
				)}
				<button onClick={copy}>
					{t("copy")}<span class="hidden"> {label}</span>
				</button>
			</dd>
		</div>
	);
}
