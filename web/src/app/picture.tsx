import type { RefObject } from "preact";
import { useEffect, useLayoutEffect } from "preact/hooks";
import { t } from "../lib/i18n.ts";
import type { Leg } from "./leg.ts";

interface Props {
	video: RefObject<HTMLVideoElement | null>;
	leg: Leg | null;
	loud: boolean;
	sink: string; // an output of the browser's; "" for the usual one
	painted: () => void; // the first frame
	blocked: () => void; // the browser makes no sound before a touch
}

const frame_callback = "requestVideoFrameCallback" in HTMLVideoElement.prototype;

// What the other side sends, sound as well as picture: one element for the whole call, so that
// nothing is interrupted when somebody answers.
export function Picture({ video, leg, loud, sink, painted, blocked }: Props) {
	const stream = leg?.stream ?? null;
	useLayoutEffect(() => {
		const box = video.current;
		if (box === null || stream === null)
			return undefined;
		box.srcObject = stream;
		if (!frame_callback) {
			box.addEventListener("loadeddata", painted, { once: true });
			return () => box.removeEventListener("loadeddata", painted);
		}
		const wait = box.requestVideoFrameCallback(painted);
		return () => box.cancelVideoFrameCallback(wait);
	}, [stream]);
	useEffect(() => {
		const box = video.current;
		if (box === null)
			return;
		box.muted = !loud;
		box.play().catch((error: unknown) => {
			if (!loud || !(error instanceof DOMException) || error.name !== "NotAllowedError")
				return; // the stream has gone, or has not come
			box.muted = true;
			void box.play().catch(() => undefined);
			blocked();
		});
	}, [loud, stream]);
	useEffect(() => {
		const box = video.current;
		if (box !== null && "setSinkId" in box)
			box.setSinkId(sink).catch(() => undefined); // it was pulled out
	}, [sink]);
	return <video ref={video} class={leg?.has_picture ? "call-picture" : "call-picture none"}
		autoplay muted playsInline aria-label={t("app.picture")} />;
}
