import { useState } from "preact/hooks";
import { api, mail_html_href } from "../api/client.ts";
import type { MailLetter } from "../api/types.ts";
import { format_time, zone_here } from "../lib/format.ts";
import { problem_from, useLoad, useRefresh } from "../lib/hooks.ts";
import { lang_current, t } from "../lib/i18n.ts";
import { mail_about, MAIL_STATES } from "../lib/mails.ts";
import { problem_text } from "../lib/problem.ts";
import { useCan } from "../lib/rights.ts";
import { toast } from "../lib/toast.ts";
import { Heading } from "../ui/heading.tsx";
import { Show } from "../ui/loaded.tsx";
import { MailStatus } from "../ui/mail_status.tsx";
import { Tabs } from "../ui/tabs.tsx";

const REFRESH_MS = 2_000; // while it waits

type View = "text" | "html";

function Facts({ mail }: { mail: MailLetter }) {
	const time = (at: number) => format_time(at, lang_current(), zone_here());
	return (
		<dl class="facts">
			<dt>{t("mails.to")}</dt>
			<dd>{mail.recipient_name !== "" && `${mail.recipient_name} · `}{mail.recipient}</dd>
			<dt>{t("mails.about")}</dt><dd>{mail_about(mail.template)}</dd>
			<dt>{t("mails.queued")}</dt><dd>{time(mail.created_at)}</dd>
			<dt>{t("mails.tries")}</dt><dd>{mail.tries}</dd>
			{mail.done_at !== null
				&& <><dt>{t(MAIL_STATES[mail.state].key)}</dt><dd>{time(mail.done_at)}</dd></>}
			{mail.error !== "" && <><dt>{t("mails.error")}</dt><dd>{mail.error}</dd></>}
		</dl>
	);
}

async function copy(text: string): Promise<void> {
	try {
		await navigator.clipboard.writeText(text);
		toast(t("copied", { what: t("mails.text") }));
	} catch {
		toast(t("copy_failed"), true);
	}
}

// What it says. The HTML is a page of its own in a frame that may do nothing but show it.
function Letter({ mail, text }: { mail: MailLetter; text: string }) {
	const [view, set_view] = useState<View>("text");
	const kept = mail.state === "kept";
	return (
		<section class="card stack" aria-label={t("mails.text")}>
			{mail.hidden && <p class="note">{t("mails.hidden")}</p>}
			{kept && <p class="note">{t("mails.postman", { to: mail.recipient })}</p>}
			<Tabs label={t("mails.views")} chosen={view} choose={set_view}
				tabs={[{ key: "text", text: t("mails.text") }, { key: "html", text: t("mails.html") }]}>
				{view === "text"
					? <p class="lines">{text}</p>
					: <iframe class="letter" title={t("mails.html")} sandbox=""
						src={mail_html_href(mail.id)} />}
			</Tabs>
			{kept && view === "text"
				&& <div><button onClick={() => void copy(text)}>{t("copy")}</button></div>}
		</section>
	);
}

function Retry({ mail, done }: { mail: string; done: () => void }) {
	const [busy, set_busy] = useState(false);
	const retry = async () => {
		if (busy)
			return;
		set_busy(true);
		try {
			await api.mail_retry(mail);
			toast(t("mails.retried", { n: 1 }));
		} catch (error) {
			toast(problem_text(problem_from(error)), true);
		}
		done();
		set_busy(false);
	};
	return (
		<button class="primary" onClick={() => void retry()} aria-disabled={busy}>
			{t("retry")}
		</button>
	);
}

function said(mail: MailLetter): string {
	return t(mail.state === "sent" ? "mails.forgotten" : "mails.unreadable");
}

export default function MailDetail({ id }: { id: string }) {
	const may_edit = useCan(null)("mail_edit");
	const both = useLoad(id, async () => {
		const [mail, box] = await Promise.all([api.mail(id), api.outbox()]);
		return { mail, box };
	});
	useRefresh(() => both.data?.mail.state === "waiting" && both.reload(), REFRESH_MS);
	return (
		<div class="stack">
			<Show of={both}>
				{({ mail, box }) => (
					<div class="stack">
						<Heading text={mail.subject ?? mail_about(mail.template)}>
							<div class="row">
								<MailStatus mail={mail} />
								{box.smtp && may_edit && mail.state !== "sent"
									&& <Retry mail={id} done={both.reload} />}
							</div>
						</Heading>
						<div class="card"><Facts mail={mail} /></div>
						{mail.text === null
							? <p class="soft">{said(mail)}</p>
							: <Letter mail={mail} text={mail.text} />}
					</div>
				)}
			</Show>
		</div>
	);
}
