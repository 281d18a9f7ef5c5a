import { generate } from "lean-qr";
import { toSvgPath } from "lean-qr/extras/svg";

const QUIET = 4; // modules of white around it, as scanners want

// A QR code, dark on white in either scheme.
export function Qr({ text, label }: { text: string; label: string }) {
	const code = generate(text);
	const size = code.size + 2 * QUIET;
	return (
		<svg class="qr" role="img" aria-label={label}
			viewBox={`${-QUIET} ${-QUIET} ${size} ${size}`}>
			<path d={toSvgPath(code)} shape-rendering="crispEdges" />
		</svg>
	);
}
