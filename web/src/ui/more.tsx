import { t } from "../lib/i18n.ts";

interface Props {
	text: string;
	busy: boolean;
	next: () => void;
}

// The next page of a list, below those already read.
export function More({ text, busy, next }: Props) {
	return (
		<div class="no-print"><button onClick={next} aria-disabled={busy}>
			{busy ? t("working") : text}
		</button></div>
	);
}
