import { useEffect, useState } from "preact/hooks";
import { t } from "../lib/i18n.ts";
import { toast_close, toast_listen, type Toast } from "../lib/toast.ts";

export function Toasts() {
	const [list, set] = useState<readonly Toast[]>([]);
	useEffect(() => toast_listen(set), []);
	return (
		<div class="toasts" role="status" aria-live="polite">
			{list.map(({ id, text, bad }) => (
				<div key={id} class={bad ? "toast bad" : "toast"}>
					<span>{text}</span>
					<button class="plain" onClick={() => toast_close(id)}>{t("close")}</button>
				</div>
			))}
		</div>
	);
}
