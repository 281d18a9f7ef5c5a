import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import type { Mover, MoveOut, Newcomer } from "../api/types.ts";
import { problem_from, useLoad } from "../lib/hooks.ts";
import { t } from "../lib/i18n.ts";
import { problem_text } from "../lib/problem.ts";
import { toast } from "../lib/toast.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Show } from "../ui/loaded.tsx";
import type { ResidentDialogProps } from "./move_in.tsx";

// What becomes of a person, in a sentence.
function fate(mover: Mover): string {
	if (mover.account_ends)
		return t("move_out.account_ends");
	return mover.leaves_site ? t("move_out.leaves_site") : t("move_out.stays_user");
}

interface ChooseProps extends ResidentDialogProps {
	plan: MoveOut;
	done: (gone: MoveOut) => void;
	reload: () => void;
}

function Choose({ site, apartment, close, saved, plan, done, reload }: ChooseProps) {
	const [people, set_people] = useState(() => new Set(plan.people.map(({ id }) => id)));
	const [devices, set_devices] = useState(() =>
		new Set(plan.devices.filter(({ removed }) => removed).map(({ id }) => id)));
	const [busy, set_busy] = useState(false);
	const [problem, set_problem] = useState("");
	const turn = (set: (change: (old: Set<string>) => Set<string>) => void, id: string) =>
		set((old) => {
			const now = new Set(old);
			if (!now.delete(id))
				now.add(id);
			return now;
		});
	const act = async () => {
		if (busy)
			return;
		set_busy(true);
		try {
			done(await api.move_out(site.id, apartment, [...people], [...devices]));
			close();
			saved();
		} catch (error) {
			set_problem(problem_text(problem_from(error)));
			reload();
			set_busy(false);
		}
	};
	return (
		<div class="stack">
			<p>{t("move_out.text")}</p>
			<fieldset>
				<legend>{t("home.people")}</legend>
				{plan.people.length === 0 && <p class="soft">{t("home.nobody")}</p>}
				{plan.people.map((one) => (
					<label key={one.id} class="check">
						<input type="checkbox" checked={people.has(one.id)}
							onChange={() => turn(set_people, one.id)} />
						<span>{one.name} <span class="soft">{fate(one)}</span></span>
					</label>
				))}
			</fieldset>
			<fieldset>
				<legend>{t("move_out.devices")}</legend>
				{plan.devices.length === 0 && <p class="soft">{t("home.no_devices")}</p>}
				{plan.devices.map((one) => (
					<label key={one.id} class="check">
						<input type="checkbox" checked={devices.has(one.id)}
							onChange={() => turn(set_devices, one.id)} />
						<span>{one.name}</span>
					</label>
				))}
			</fieldset>
			<div role="alert">{problem && <p class="note bad">{problem}</p>}</div>
			<div class="row">
				<button onClick={close}>{t("cancel")}</button>
				<button class="danger solid" aria-disabled={busy || people.size + devices.size === 0}
					onClick={act}>
					{busy ? t("working") : t("move_out.title")}
				</button>
			</div>
		</div>
	);
}

// Says what it takes away before it does.
export function MoveOutDialog(props: ResidentDialogProps & { done: (gone: MoveOut) => void }) {
	const plan = useLoad(`${props.site.id} ${props.apartment} out`,
		() => api.move_out_plan(props.site.id, props.apartment));
	return (
		<Dialog title={t("move_out.title")} close={props.close}>
			<Show of={plan}>
				{(found) => <Choose {...props} plan={found} reload={plan.reload} />}
			</Show>
		</Dialog>
	);
}

// Who left the site comes back as new, with what was known; an account that ended is made again.
function newcomer(mover: Mover): Newcomer {
	return {
		name: mover.name, phone: mover.phone, comment: mover.comment, language: mover.language,
		role: mover.role === "site_user_no_login" || mover.email === null
			? "site_user_no_login" : "site_user",
		...(mover.email === null ? {} : { email: mover.email, admin: mover.admin }),
	};
}

// What was taken away, and the way back.
export function MovedOut({ site, apartment, close, saved, gone }:
	ResidentDialogProps & { gone: MoveOut }) {
	const [busy, set_busy] = useState(false);
	const stayed = gone.people.filter(({ leaves_site }) => !leaves_site);
	const undo = async () => {
		if (busy)
			return;
		set_busy(true);
		try {
			await api.residents_add(site.id, apartment, {
				people: stayed.map(({ id }) => id),
				users: gone.people.filter(({ leaves_site }) => leaves_site).map(newcomer),
			});
			for (const { id } of stayed.filter(({ admin }) => admin))
				await api.resident_edit(site.id, apartment, id, { admin: true });
			toast(t("move_out.undone"));
			close();
		} catch (error) {
			toast(problem_text(problem_from(error)), true);
			set_busy(false);
		}
		saved();
	};
	return (
		<div class="note stack" role="status">
			<p>{t("move_out.done")}</p>
			<ul class="bullets">
				{gone.people.map((one) => <li key={one.id}>{one.name} – {fate(one)}</li>)}
				{gone.devices.map((one) => (
					<li key={one.id}>{one.name} – {t("move_out.device_removed")}</li>
				))}
			</ul>
			<div class="row">
				{gone.people.length > 0 && (
					<button aria-disabled={busy} onClick={undo}>
						{busy ? t("working") : t("move_out.undo")}
					</button>
				)}
				<button class="plain" onClick={close}>{t("close")}</button>
			</div>
		</div>
	);
}
