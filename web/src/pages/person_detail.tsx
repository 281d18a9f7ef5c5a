import { useEffect, useRef } from "preact/hooks";
import type { Site, User } from "../api/types.ts";
import { LANGS, lang_name, t } from "../lib/i18n.ts";
import { invite_key, place_text, role_text, user_waits } from "../lib/people.ts";
import { site_href } from "../lib/router.ts";
import { Heading } from "../ui/heading.tsx";
import { Link } from "../ui/link.tsx";
import { PersonStatus } from "../ui/person_status.tsx";
import type { Deed } from "./person_deeds.tsx";

function Facts({ site, user }: { site: string; user: User }) {
	const language = LANGS.find((lang) => lang === user.language);
	return (
		<dl class="facts">
			<dt>{t("device.status")}</dt><dd><PersonStatus user={user} /></dd>
			<dt>{t("person.role")}</dt><dd>{role_text(user.role)}</dd>
			{user.email && <>
				<dt>{t("email")}</dt><dd><a href={`mailto:${user.email}`}>{user.email}</a></dd>
			</>}
			{user.phone !== "" && <><dt>{t("person.phone")}</dt><dd>{user.phone}</dd></>}
			<dt>{t("person.language")}</dt><dd>{language ? lang_name(language) : user.language}</dd>
			{user.apartments.length > 0 && <>
				<dt>{t("apartments.title")}</dt>
				<dd>{user.apartments.map((one) => (
					<p key={one.id}>
						<Link href={site_href(site, "apartments", one.id)}>{place_text(one)}</Link>
						{one.admin && ` (${t("role.apartment_admin")})`}
					</p>
				))}</dd>
			</>}
			{user.comment !== "" && <><dt>{t("person.comment")}</dt><dd>{user.comment}</dd></>}
		</dl>
	);
}

interface Props {
	site: Site;
	user: User;
	may_edit: boolean;
	act: (deed: Deed) => void;
}

// One person, beside the list, or instead of it where there is no room for both.
export function PersonDetail({ site, user, may_edit, act }: Props) {
	const box = useRef<HTMLDivElement>(null);
	useEffect(() => box.current?.scrollIntoView({ block: "nearest" }), []);
	return (
		<div class="card stack" ref={box}>
			<div><Link href={site_href(site.id, "people")} stay>{t("people.back")}</Link></div>
			<Heading text={user.name} part_of={site.name} />
			<Facts site={site.id} user={user} />
			<div class="row no-print">
				{may_edit && <>
					<button onClick={() => act({ kind: "edit", user })}>
						{t("edit")}<span class="hidden"> {user.name}</span>
					</button>
					{user_waits(user) && (
						<button onClick={() => act({ kind: "invite", users: [user] })}>
							{t(invite_key(user))}<span class="hidden"> {user.name}</span>
						</button>
					)}
				</>}
				<Link href={site_href(site.id, "data", user.id)} class="button">{t("data.title")}</Link>
				{may_edit && (
					<button class="danger" onClick={() => act({ kind: "remove", users: [user] })}>
						{t("person.remove")}<span class="hidden"> {user.name}</span>
					</button>
				)}
			</div>
		</div>
	);
}
