// The app's icon as PNG, which phones want beside the SVG: what icon.svg draws, sampled.
import { deflateSync } from "node:zlib";

const SIDE = 32; // of icon.svg
const SAMPLES = 4; // a pixel's side
const BLUE = [0x1d, 0x4e, 0xd8];
const HALF_STROKE = 1.25;
const SAFE = 0.75; // of a maskable icon: what no phone cuts away

// How far a point is outside a box with round corners; negative inside.
function box_distance(x, y, { left, top, right, bottom, radius }) {
	const dx = Math.abs(x - (left + right) / 2) - (right - left) / 2 + radius;
	const dy = Math.abs(y - (top + bottom) / 2) - (bottom - top) / 2 + radius;
	return Math.hypot(Math.max(dx, 0), Math.max(dy, 0)) + Math.min(Math.max(dx, dy), 0) - radius;
}

const DOOR = { left: 9, top: 5, right: 23, bottom: 60, radius: 4 }; // its feet are cut off
const GROUND = { left: 0, top: 0, right: SIDE, bottom: SIDE, radius: 7 };

const is_white = (x, y) => (y <= 27 && Math.abs(box_distance(x, y, DOOR)) <= HALF_STROKE)
	|| Math.hypot(x - 19, y - 17) <= 1.8
	|| (Math.abs(y - 27) <= HALF_STROKE && x >= 6 && x <= 26);

// Red, green, blue, opacity of the pixel at (column, row).
function pixel(column, row, size, maskable) {
	let white = 0, seen = 0;
	for (let i = 0; i < SAMPLES * SAMPLES; i++) {
		const x = (column + (i % SAMPLES + 0.5) / SAMPLES) * SIDE / size;
		const y = (row + (Math.floor(i / SAMPLES) + 0.5) / SAMPLES) * SIDE / size;
		const scale = maskable ? SAFE : 1;
		white += is_white(16 + (x - 16) / scale, 16 + (y - 16) / scale) ? 1 : 0;
		seen += maskable || box_distance(x, y, GROUND) <= 0 ? 1 : 0;
	}
	const share = seen === 0 ? 0 : white / seen;
	return [...BLUE.map((c) => Math.round(c + (255 - c) * share)),
		Math.round(255 * seen / SAMPLES ** 2)];
}

const CRC = Uint32Array.from({ length: 256 }, (_, n) => {
	for (let k = 0; k < 8; k++)
		n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
	return n;
});

function chunk(kind, data) {
	const body = Buffer.concat([Buffer.from(kind, "latin1"), data]);
	const crc = body.reduce((c, byte) => CRC[(c ^ byte) & 0xff] ^ (c >>> 8), 0xffffffff);
	const [head, tail] = [Buffer.alloc(4), Buffer.alloc(4)];
	head.writeUInt32BE(data.length);
	tail.writeUInt32BE((crc ^ 0xffffffff) >>> 0);
	return Buffer.concat([head, body, tail]);
}

// A square of that many pixels; maskable: blue to its edges, the drawing inside the safe zone.
export function icon_png(size, maskable) {
	const lines = [];
	for (let row = 0; row < size; row++) {
		lines.push(0); // no filter
		for (let column = 0; column < size; column++)
			lines.push(...pixel(column, row, size, maskable));
	}
	const header = Buffer.alloc(13);
	header.writeUInt32BE(size, 0);
	header.writeUInt32BE(size, 4);
	header.set([8, 6], 8); // bits a channel; with opacity
	return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", header),
		chunk("IDAT", deflateSync(Buffer.from(lines), { level: 9 })), chunk("IEND", Buffer.alloc(0))]);
}
