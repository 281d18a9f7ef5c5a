import { useEffect, useState } from "preact/hooks";
import { t } from "../lib/i18n.ts";
import { camera_picture } from "./api.ts";
import { data_url } from "./data_url.ts";

const EVERY_MS = 1000;
const SOON_MS = 300; // at first: who has heard the bell wants to see
const SOON_LOOKS = 10;
const MISSES_MAX = 3; // in a row: the door shows video by now, or the call is none of ours any more

interface Props {
	call: string;
	shown: (picture: Blob | null) => void; // null: no more
}

// What the door's own camera shows, for a call that has no video yet: asked for again every second.
export function Camera({ call, shown }: Props) {
	const [src, set_src] = useState("");
	useEffect(() => {
		let over = false, misses = 0, soon = SOON_LOOKS;
		let timer: ReturnType<typeof setTimeout> | undefined;
		const look = async () => {
			try {
				const picture = await camera_picture(call);
				const text = picture === null ? "" : await data_url(picture);
				if (over)
					return;
				misses = 0;
				if (picture !== null) {
					soon = 0;
					set_src(text);
					shown(picture);
				}
			} catch {
				misses++;
			}
			if (!over && misses < MISSES_MAX)
				timer = setTimeout(() => void look(), soon-- > 0 ? SOON_MS : EVERY_MS);
		};
		void look();
		return () => {
			over = true;
			clearTimeout(timer);
			shown(null);
		};
	}, [call]);
	return src === "" ? null : <img class="call-picture" src={src} alt={t("app.camera")} />;
}
