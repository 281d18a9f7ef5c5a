// A picture of what is seen, for the user's files and for the list of calls.

const SENT_MAX = 256 * 1024; // bytes that the server keeps
const QUALITIES = [0.85, 0.6, 0.3];

async function jpeg(canvas: HTMLCanvasElement, quality: number): Promise<Blob> {
	return await new Promise((done, fail) => canvas.toBlob((blob) =>
		blob === null ? fail(new Error("no picture")) : done(blob), "image/jpeg", quality));
}

// Null while there is no picture.
export async function snapshot_take(video: HTMLVideoElement): Promise<Blob | null> {
	if (video.videoWidth === 0)
		return null;
	const canvas = document.createElement("canvas");
	canvas.width = video.videoWidth;
	canvas.height = video.videoHeight;
	canvas.getContext("2d")?.drawImage(video, 0, 0);
	let blob: Blob | null = null;
	for (const quality of QUALITIES) {
		blob = await jpeg(canvas, quality);
		if (blob.size <= SENT_MAX)
			break;
	}
	return blob;
}

export const snapshot_small = (picture: Blob) => picture.size <= SENT_MAX;

// "Front door 2026-11-26 18-02-11.jpg", as files may be called everywhere.
export function snapshot_name(from: string, at: Date): string {
	const when = at.toISOString().slice(0, 19).replace("T", " ").replaceAll(":", "-");
	return `${from.replace(/[\\/:*?"<>|\p{Cc}]/gu, "_")} ${when}.jpg`;
}

export function snapshot_download(picture: Blob, name: string): void {
	const link = document.createElement("a");
	link.href = URL.createObjectURL(picture);
	link.download = name;
	link.click();
	setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
