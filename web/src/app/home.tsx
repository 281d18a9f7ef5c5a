import { useContext } from "preact/hooks";
import { t } from "../lib/i18n.ts";
import { Empty } from "../ui/empty.tsx";
import { Heading } from "../ui/heading.tsx";
import { Icon } from "../ui/icon.tsx";
import type { AppDevice, Contact } from "./api.ts";
import { HomeContext, useDial } from "./context.ts";
import { Hints } from "./hints.tsx";
import { places } from "./places.ts";
import { place_text } from "./words.ts";

const peer_of = ({ id, name, kind }: Contact) => ({ device: id, name, kind });

function Reach({ device, one }: { device: AppDevice; one: Contact }) {
	const dial = useDial();
	const intercom = one.kind === "intercom";
	return (
		<li class="app-contact">
			<Icon name={intercom ? "devices" : "phone"} />
			<span class="app-contact-name">
				<strong>{one.name}</strong>
				<span class={one.online ? "badge good" : "badge"}>
					{t(one.online ? "app.online" : "app.away")}
				</span>
			</span>
			<span class="row">
				{intercom && (
					<button onClick={() => dial(device, peer_of(one), true, one.switches)}>
						<Icon name="eye" />{t("app.look")}<span class="hidden"> {one.name}</span>
					</button>
				)}
				<button onClick={() => dial(device, peer_of(one), false, one.switches)}>
					<Icon name="calls" />{t("app.call")}<span class="hidden"> {one.name}</span>
				</button>
			</span>
		</li>
	);
}

const order = (list: readonly Contact[]) => [...list].sort((a, b) =>
	Number(b.kind === "intercom") - Number(a.kind === "intercom") || a.name.localeCompare(b.name));

function PlaceCard({ device }: { device: AppDevice }) {
	return (
		<section class="card stack" aria-label={place_text(device)}>
			<h2>{place_text(device)}</h2>
			{device.contacts.length === 0 ? <p class="soft">{t("app.no_contacts")}</p>
				: <ul class="app-contacts">
					{order(device.contacts).map((one) =>
						<Reach key={one.id} device={device} one={one} />)}
				</ul>}
		</section>
	);
}

// For each home: its doors, and whom one may call.
export function HomePage({ missed }: { missed: number }) {
	const { devices } = useContext(HomeContext);
	return (
		<div class="stack">
			<Heading text={t("app.home")} />
			<Hints missed={missed} />
			{devices.length === 0
				? <Empty title={t("app.barred")} text={t("app.barred_text")} level={2} />
				: <div class="cards">
					{places(devices).map((one) => <PlaceCard key={one.id} device={one} />)}
				</div>}
		</div>
	);
}
