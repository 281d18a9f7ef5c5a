import { useEffect, useState } from "preact/hooks";
import { t } from "../lib/i18n.ts";

// Where the sound comes out, in browsers that can choose.
export function Output({ sink, choose }: { sink: string; choose: (sink: string) => void }) {
	const [outputs, set] = useState<MediaDeviceInfo[]>([]);
	useEffect(() => {
		const { mediaDevices } = navigator as { mediaDevices?: MediaDevices };
		if (mediaDevices === undefined || !("setSinkId" in HTMLMediaElement.prototype))
			return undefined;
		const read = () => void mediaDevices.enumerateDevices().then((all) =>
			set(all.filter(({ kind, label }) => kind === "audiooutput" && label !== "")),
		() => undefined);
		read();
		mediaDevices.addEventListener("devicechange", read);
		return () => mediaDevices.removeEventListener("devicechange", read);
	}, []);
	if (outputs.length < 2)
		return null;
	return (
		<label class="choice">
			<span>{t("app.output")}</span>
			<select value={sink} onChange={(event) => choose(event.currentTarget.value)}>
				{outputs.map(({ deviceId, label }) => (
					<option key={deviceId} value={deviceId === "default" ? "" : deviceId}>{label}</option>
				))}
			</select>
		</label>
	);
}
