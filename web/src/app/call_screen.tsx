import { useContext, useEffect, useRef, useState } from "preact/hooks";
import { format_duration } from "../lib/format.ts";
import { t, type Key } from "../lib/i18n.ts";
import { toast } from "../lib/toast.ts";
import { Confirm } from "../ui/confirm.tsx";
import { Icon, type IconName } from "../ui/icon.tsx";
import { useNow } from "../ui/use_now.ts";
import { app_api } from "./api.ts";
import { CallHints } from "./call_hints.tsx";
import { Camera } from "./camera.tsx";
import { HomeContext, useEngine, usePhone } from "./context.ts";
import { Doors } from "./doors.tsx";
import { Keypad } from "./keypad.tsx";
import { Output } from "./output.tsx";
import { call_live, phone_waiting, type Call, type Phase } from "./phone.ts";
import { Picture } from "./picture.tsx";
import { sound_locked } from "./ring.ts";
import { snapshot_download, snapshot_name, snapshot_small, snapshot_take } from "./snapshot.ts";
import { useBell } from "./use_bell.ts";
import { useMissed } from "./use_missed.ts";
import { place_text, state_text } from "./words.ts";

interface RoundProps {
	text: string;
	icon: IconName;
	act: () => void;
	tone?: "good" | "bad";
	pressed?: boolean;
	start?: boolean; // the focus is here when it appears
}

function Round({ text, icon, act, tone, pressed, start = false }: RoundProps) {
	const button = useRef<HTMLButtonElement>(null);
	useEffect(() => {
		if (start)
			button.current?.focus();
	}, []);
	return (
		<button ref={button} class={`call-round ${tone ?? ""}`} onClick={act}
			{...(pressed === undefined ? {} : { "aria-pressed": pressed })}>
			<Icon name={icon} /><span>{text}</span>
		</button>
	);
}

// Others that ring meanwhile: to take one ends what fills the screen.
function Waiting() {
	const engine = useEngine();
	return (
		<div role="alert">
			{phone_waiting(usePhone()).map(({ id, peer }) => (
				<div key={id} class="call-waiting">
					<span>{t("app.also_rings", { name: peer.name })}</span>
					<button onClick={() => engine.do({ do: "decline", call: id })}>
						{t("app.decline")}
					</button>
					<button class="primary" onClick={() => engine.do({ do: "answer", call: id })}>
						{t("app.answer_instead")}
					</button>
				</div>
			))}
		</div>
	);
}

function Head({ call }: { call: Call }) {
	const { devices } = useContext(HomeContext);
	const device = devices.find(({ id }) => id === call.device);
	const now = useNow(call.since !== null && call.phase === "talking");
	return (
		<header class="call-head">
			<h1 id="call-name">{call.peer.name || call.peer.device}</h1>
			{device !== undefined && <p>{place_text(device)}</p>}
			{call.test && <p>{t("call.test")}</p>}
			<p><span role="status" class="call-state">{state_text(call)}</span>
				{call.phase === "talking" && call.since !== null
					&& <span class="call-time"> {format_duration(now - call.since)}</span>}</p>
		</header>
	);
}

interface Controls {
	call: Call;
	sound: boolean;
	set_sound: (on: boolean) => void;
	keys: boolean;
	set_keys: (shown: boolean) => void;
	snap: (() => void) | null;
}

function Talking({ call, sound, set_sound, keys, set_keys, snap }: Controls) {
	const engine = useEngine();
	const leg = engine.leg(call.id);
	const muted = leg?.muted ?? false;
	return (
		<>
			{call.look
				? call.phase !== "dialling" && <Round icon="mic" text={t("app.talk")} tone="good" start
					act={() => engine.do({ do: "answer", call: call.id })} />
				: <Round icon={muted ? "mic_off" : "mic"} text={t("app.mute")} pressed={muted}
					act={() => leg?.mute(!muted)} />}
			<Round icon={sound ? "sound" : "sound_off"} text={t("app.speaker")} pressed={sound}
				act={() => set_sound(!sound)} />
			{!call.look && <Round icon="keypad" text={t("app.keypad")} pressed={keys}
				act={() => set_keys(!keys)} />}
			{snap !== null && <Round icon="camera" text={t("app.snapshot")} act={snap} />}
			<Round icon="hang_up" text={t(call.look ? "close" : "app.hang_up")} tone="bad"
				start act={() => engine.do({ do: "hangup", call: call.id })} />
		</>
	);
}

function Ringing({ call, snap }: Pick<Controls, "call" | "snap">) {
	const engine = useEngine();
	return (
		<>
			<Round icon="hang_up" text={t("app.decline")} tone="bad"
				act={() => engine.do({ do: "decline", call: call.id })} />
			{snap !== null && <Round icon="camera" text={t("app.snapshot")} act={snap} />}
			<Round icon="calls" text={t("app.answer")} tone="good" start
				act={() => engine.do({ do: "answer", call: call.id })} />
		</>
	);
}

const ASK: Record<"ringing" | "live", { title: Key; yes: Key }> = {
	ringing: { title: "app.decline_ask", yes: "app.decline" },
	live: { title: "app.hang_up_ask", yes: "app.hang_up" },
};

// Escape is a key that one hits by mistake: it asks first.
function Leave({ call, close }: { call: Call; close: () => void }) {
	const engine = useEngine();
	const { title, yes } = ASK[call.phase === "ringing" ? "ringing" : "live"];
	return <Confirm title={t(title)} text={call.peer.name} yes={t(yes)} close={close}
		act={async () => engine.do({ do: call.phase === "ringing" ? "decline" : "hangup",
			call: call.id })} />;
}

// From the bell on, but at a door that one calls not before it answers.
const LOOKS: readonly Phase[] = ["ringing", "answering", "talking"];

// One call over the whole window, from the first ring to how it ended.
export function CallScreen({ call }: { call: Call }) {
	const engine = useEngine();
	const video = useRef<HTMLVideoElement>(null);
	const [sound, set_sound] = useState(true);
	const [sink, set_sink] = useState("");
	const [keys, set_keys] = useState(false);
	const [leaving, set_leaving] = useState(false);
	const [camera, set_camera] = useState<Blob | null>(null); // its newest picture
	const leg = engine.leg(call.id);
	const live = call_live(call);
	const looks = call.camera && !call.seen && LOOKS.includes(call.phase);
	const seen = call.phase !== "ended" && (call.seen || (looks && camera !== null));
	useBell(call);
	const missed = useMissed(call, video);
	const snap = async () => {
		const picture = looks ? camera
			: video.current === null ? null : await snapshot_take(video.current);
		if (picture === null)
			return;
		snapshot_download(picture, snapshot_name(call.peer.name, new Date()));
		toast(t("app.snapshot_taken"));
		if (call.incoming && snapshot_small(picture))
			await app_api.picture_keep(call.id, call.device, picture).catch(() => undefined); // the file is there
	};
	const controls: Controls = { call, sound, set_sound, keys, set_keys,
		snap: seen ? () => void snap() : null };
	return (
		<div class="call" role="dialog" aria-modal="true" aria-labelledby="call-name"
			onKeyDown={(event) => {
				if (event.key === "Escape" && call.phase !== "ended" && !leaving)
					set_leaving(true);
			}}>
			<Picture key={call.ref} video={video} leg={leg} loud={live && sound} sink={sink}
				painted={() => {
					engine.tell("first", call.id);
					missed();
				}} blocked={() => set_sound(false)} />
			{looks && <Camera key={call.id} call={call.id} shown={set_camera} />}
			<Head call={call} />
			<div class="call-middle">
				{!seen && <Icon name={call.peer.kind === "intercom" ? "devices" : "phone"} />}
				<CallHints call={call} leg={leg} />
				{call.phase === "ringing" && sound_locked() && <p class="call-hints">{t("app.tap_for_sound")}</p>}
				<Waiting />
			</div>
			<div class="call-foot">
				{keys && live && <Keypad press={(digit) =>
					engine.do({ do: "digit", call: call.id, digit })} />}
				<Doors call={call} />
				<div class="call-controls">
					{call.phase === "ringing" && <Ringing {...controls} />}
					{live && <Talking {...controls} />}
				</div>
				{live && <Output sink={sink} choose={set_sink} />}
			</div>
			{leaving && call.phase !== "ended"
				&& <Leave call={call} close={() => set_leaving(false)} />}
		</div>
	);
}
