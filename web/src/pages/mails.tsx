import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Mail, MailState, Outbox } from "../api/types.ts";
import { format_time, zone_here } from "../lib/format.ts";
import { problem_from, useLoad, useRefresh, useRested } from "../lib/hooks.ts";
import { lang_current, t } from "../lib/i18n.ts";
import { mail_about, MAIL_STATES } from "../lib/mails.ts";
import { usePages } from "../lib/pages.ts";
import { problem_text } from "../lib/problem.ts";
import { useCan } from "../lib/rights.ts";
import { mail_href } from "../lib/router.ts";
import { toast } from "../lib/toast.ts";
import { Empty } from "../ui/empty.tsx";
import { Heading } from "../ui/heading.tsx";
import { Link } from "../ui/link.tsx";
import { Show } from "../ui/loaded.tsx";
import { MailStatus } from "../ui/mail_status.tsx";
import { SearchBox } from "../ui/search_box.tsx";
import { Table, type Column } from "../ui/table.tsx";

const PAGE = 50;
const REFRESH_MS = 5_000;
const SEARCH_MAX = 100; // characters
const STATES = Object.keys(MAIL_STATES) as MailState[];

// Where mail goes, in a sentence.
export function Way({ box }: { box: Outbox }) {
	if (!box.smtp)
		return <p class="note">{t("mails.no_smtp")}</p>;
	const server = box.server ?? "";
	return box.down
		? <p class="note bad" role="status">{t("mails.down", { server })}</p>
		: <p class="soft">{t("mails.way", { server, from: box.from ?? "" })}</p>;
}

// Why a mail is where it is, and when it is tried next.
export function Remark({ mail }: { mail: Mail }) {
	const time = format_time(mail.due_at, lang_current(), zone_here());
	return (
		<>
			{mail.error !== "" && <p>{mail.error}</p>}
			{mail.state === "waiting" && mail.tries > 0
				&& <p class="soft">{t("mails.next", { time })}</p>}
		</>
	);
}

function columns(): Column<Mail>[] {
	return [
		{ key: "to", title: t("mails.to"), cell: (mail) => (
			<>
				<Link href={mail_href(mail.id)}>{mail.recipient}</Link>
				{mail.recipient_name !== "" && <div class="soft">{mail.recipient_name}</div>}
			</>
		) },
		{ key: "about", title: t("mails.about"), cell: ({ template }) => mail_about(template) },
		{ key: "state", title: t("mails.state"), cell: (mail) => <MailStatus mail={mail} /> },
		{ key: "queued", title: t("mails.queued"), cell: ({ created_at }) =>
			format_time(created_at, lang_current(), zone_here()) },
		{ key: "note", title: t("mails.note"), cell: (mail) =>
			mail.error !== "" || (mail.state === "waiting" && mail.tries > 0)
				? <Remark mail={mail} /> : null },
	];
}

function States({ box, state, set }: {
	box: Outbox; state: MailState | ""; set: (state: MailState | "") => void;
}) {
	return (
		<label class="choice">
			<span class="hidden">{t("mails.state")}</span>
			<select value={state}
				onChange={(event) => set(event.currentTarget.value as MailState | "")}>
				<option value="">{t("mails.all")}</option>
				{STATES.map((one) => (
					<option key={one} value={one}>
						{t("mails.count", { state: t(MAIL_STATES[one].key), n: box[one] })}
					</option>
				))}
			</select>
		</label>
	);
}

// Those that were sent meanwhile stay sent.
async function retry(mails: readonly Mail[]): Promise<void> {
	let n = 0;
	for (const mail of mails.filter(({ state }) => state !== "sent")) {
		try {
			await api.mail_retry(mail.id);
			n++;
		} catch (error) {
			toast(problem_text(problem_from(error)), true);
		}
	}
	toast(t("mails.retried", { n }));
}

// The outbox of the whole server, for who runs it. What goes on is read again by itself, unless
// somebody has gone on to older pages.
export default function Mails() {
	const may_edit = useCan(null)("mail_edit");
	const [state, set_state] = useState<MailState | "">("");
	const [text, set_text] = useState("");
	const q = useRested(text);
	const box = useLoad("outbox", api.outbox);
	const mails = usePages<Mail>(`mails ${state} ${q}`, (cursor) =>
		api.mails({ state, q, cursor, limit: PAGE }));
	const reload = () => {
		box.reload();
		mails.first.reload();
	};
	useRefresh(() => mails.items.length <= PAGE && reload(), REFRESH_MS);
	return (
		<div class="stack">
			<Heading text={t("mails.title")} />
			<Show of={box}>
				{(found) => (
					<>
						<Way box={found} />
						<div class="row">
							<SearchBox label={t("mails.search")} value={text} set={set_text}
								max={SEARCH_MAX} />
							<States box={found} state={state} set={set_state} />
						</div>
						<Show of={mails.first}>
							{() => mails.items.length === 0
								? q === "" && state === ""
									? <Empty level={2} title={t("mails.empty")} text={t("mails.empty_text")} />
									: <p class="soft" role="status">{t("no_match")}</p>
								: <Table label={t("mails.title")} columns={columns()} rows={mails.items}
									id={({ id }) => id} name={({ recipient }) => recipient}
									actions={found.smtp && may_edit ? [{ text: t("retry"),
										act: (rows) => void retry(rows).then(reload) }] : []}
									next={mails.next && { text: t("mails.more"), ...mails.next }} />}
						</Show>
					</>
				)}
			</Show>
		</div>
	);
}
