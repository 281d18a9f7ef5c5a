import { useEffect, useRef, useState } from "preact/hooks";
import type { RecoveryCodes } from "../api/types.ts";
import { problem_from } from "../lib/hooks.ts";
import { t } from "../lib/i18n.ts";
import { problem_text } from "../lib/problem.ts";
import { toast } from "../lib/toast.ts";

// Recovery codes, which the server never shows again: whoever has them says that they are kept. They
// appear beside what was pressed, so the heading takes the focus.
export function Recovery({ codes: { codes }, kept }: {
	codes: RecoveryCodes; kept: () => Promise<void>;
}) {
	const [sure, set_sure] = useState(false);
	const [busy, set_busy] = useState(false);
	const heading = useRef<HTMLHeadingElement>(null);
	useEffect(() => heading.current?.focus(), [codes]);
	const copy = async () => {
		try {
			await navigator.clipboard.writeText(codes.map(({ code }) => code).join("\n"));
			toast(t("copied", { what: t("recovery.title") }));
		} catch {
			toast(t("copy_failed"), true);
		}
	};
	const done = async () => {
		if (busy || !sure)
			return;
		set_busy(true);
		try {
			await kept();
		} catch (error) {
			toast(problem_text(problem_from(error)), true);
			set_busy(false);
		}
	};
	return (
		<div class="stack">
			<h2 ref={heading} tabIndex={-1}>{t("recovery.title")}</h2>
			<p>{t("recovery.text")}</p>
			<ul class="codes mono">{codes.map(({ code }) => <li key={code}>{code}</li>)}</ul>
			<div class="row">
				<button onClick={copy}>{t("copy")}</button>
				<button onClick={() => print()}>{t("recovery.print")}</button>
			</div>
			<label class="check">
				<input type="checkbox" checked={sure}
					onChange={(event) => set_sure(event.currentTarget.checked)} />
				<span>{t("recovery.kept")}</span>
			</label>
			<div><button class="primary" aria-disabled={busy || !sure} onClick={done}>
				{t("recovery.done")}
			</button></div>
		</div>
	);
}
