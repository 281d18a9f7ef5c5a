import { useEffect, useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { MoveOut, User } from "../api/types.ts";
import { useDeviceChanges } from "../lib/changes.ts";
import { problem_from, useLoad } from "../lib/hooks.ts";
import { t } from "../lib/i18n.ts";
import { place_text } from "../lib/people.ts";
import { problem_text } from "../lib/problem.ts";
import { useCan } from "../lib/rights.ts";
import { site_href } from "../lib/router.ts";
import { toast } from "../lib/toast.ts";
import { Confirm } from "../ui/confirm.tsx";
import { Heading } from "../ui/heading.tsx";
import { Link } from "../ui/link.tsx";
import { Show } from "../ui/loaded.tsx";
import { PersonStatus } from "../ui/person_status.tsx";
import { MoveIn, NewResident, SeveralResidents } from "./move_in.tsx";
import { MoveOutDialog, MovedOut } from "./move_out.tsx";
import type { TabProps } from "./site.tsx";

interface Props extends TabProps {
	id: string;
}

interface ResidentProps {
	staff: boolean;
	site: string;
	apartment: string;
	user: User;
	changed: () => void;
	remove: () => void;
}

function Resident({ staff, site, apartment, user, changed, remove }: ResidentProps) {
	const [busy, set_busy] = useState(false);
	const admin = user.apartments.some((one) => one.id === apartment && one.admin);
	// What was ticked stays so while the server is asked.
	const [wanted, set_wanted] = useState<boolean | null>(null);
	useEffect(() => set_wanted(null), [user]);
	const set_admin = async (now: boolean) => {
		if (busy)
			return;
		set_wanted(now);
		set_busy(true);
		try {
			await api.resident_edit(site, apartment, user.id, { admin: now });
			toast(t(now ? "resident.is_admin" : "resident.no_admin", { name: user.name }));
		} catch (error) {
			toast(problem_text(problem_from(error)), true);
			set_wanted(null);
		}
		set_busy(false);
		changed();
	};
	return (
		<li class="line two">
			<div>
				<h3>
					{staff ? <Link href={site_href(site, "people", user.id)}>{user.name}</Link>
						: user.name}
					{" "}<PersonStatus user={user} />
				</h3>
				<p class="soft">{[user.email, user.phone].filter(Boolean).join(" · ")}</p>
				<label class="check">
					<input type="checkbox" checked={wanted ?? admin} disabled={user.email === null && !admin}
						onChange={(event) => void set_admin(event.currentTarget.checked)} />
					<span>{t("role.apartment_admin")}<span class="hidden"> {user.name}</span></span>
				</label>
			</div>
			<div class="row">
				<button class="danger" onClick={remove}>
					{t("resident.remove")}<span class="hidden"> {user.name}</span>
				</button>
			</div>
		</li>
	);
}

type Open = "new" | "several" | "known" | "out" | null;

// One apartment: who lives there, and what belongs to it.
export function ApartmentDetail({ site, listen, id }: Props) {
	const staff = useCan(site.id)("user_edit");
	const home = useLoad(`${site.id} ${id}`, () => api.home(site.id, id));
	const people = useLoad(`${site.id} ${id} people`, () => api.residents(site.id, id));
	const [open, set_open] = useState<Open>(null);
	const [removing, set_removing] = useState<User | null>(null);
	const [gone, set_gone] = useState<MoveOut | null>(null);
	const reload = () => {
		home.reload();
		people.reload();
	};
	useDeviceChanges(listen, reload);
	const move_back = async (user: User) => {
		await api.residents_add(site.id, id, { people: [user.id] });
		if (user.apartments.some((one) => one.id === id && one.admin))
			await api.resident_edit(site.id, id, user.id, { admin: true });
		reload();
	};
	const dialog = { site, apartment: id, close: () => set_open(null), saved: reload };
	return (
		<div class="stack">
			<Show of={home}>
				{(found) => (
					<div class="stack">
						<Heading text={place_text(found)} part_of={site.name}>
							{found.admin && (
								<div class="row">
									<button class="primary" onClick={() => set_open("new")}>
										{t("people.add")}
									</button>
									<button onClick={() => set_open("several")}>{t("resident.several")}</button>
									{staff && (
										<button onClick={() => set_open("known")}>{t("resident.known")}</button>
									)}
									{staff && (
										<button class="danger" onClick={() => set_open("out")}>
											{t("move_out.title")}
										</button>
									)}
								</div>
							)}
						</Heading>
						{gone !== null && (
							<MovedOut {...dialog} gone={gone} close={() => set_gone(null)} />
						)}
						<div class="halves">
							<section class="stack">
								<h3>{t("home.people")}</h3>
								<Show of={people}>
									{(list) => list.length === 0
										? <p class="card soft">{t("home.nobody")}</p>
										: <ul class="list">
											{list.map((user) => (
												<Resident key={user.id} staff={staff} site={site.id} apartment={id} user={user}
													changed={reload} remove={() => set_removing(user)} />
											))}
										</ul>}
								</Show>
							</section>
							<section class="stack">
								<h3>{t("devices.title")}</h3>
								{found.devices.length === 0
									? <p class="card soft">{t("home.no_devices")}</p>
									: <ul class="list">
										{found.devices.map((device) => (
											<li key={device.id} class="line">
												<span>{staff
													? <Link href={site_href(site.id, "devices", device.id)}>
														{device.name}</Link>
													: device.name}</span>
											</li>
										))}
									</ul>}
							</section>
						</div>
					</div>
				)}
			</Show>
			{open === "new" && <NewResident {...dialog} />}
			{open === "several" && <SeveralResidents {...dialog} />}
			{open === "known" && <MoveIn {...dialog} living={people.data ?? []} />}
			{open === "out" && <MoveOutDialog {...dialog} done={set_gone} />}
			{removing !== null && (
				<Confirm title={t("resident.remove_ask", { name: removing.name })}
					text={t(staff ? "resident.remove_text" : "resident.remove_text_home")}
					yes={t("resident.remove")} close={() => set_removing(null)}
					act={async () => {
						await api.resident_remove(site.id, id, removing.id);
						toast(t("resident.removed", { name: removing.name }), false,
							staff ? () => move_back(removing) : null);
						reload();
					}} />
			)}
		</div>
	);
}
