import type { Button, Device, DeviceKind } from "../api/types.ts";
import { format_list } from "../lib/format.ts";
import { lang_current, t } from "../lib/i18n.ts";
import { ring_length, ring_steps } from "../lib/ring.ts";

interface Props {
	row: Button;
	name: (id: string) => string;
	devices: ReadonlyMap<string, Device>;
	line: boolean; // the site has one to phones outside
}

const percent = (part: number, of: number) => `${(100 * part / of).toFixed(2)}%`;

// Who rings when, as bars over time, and as a sentence that says the same.
export function RingPicture({ row, name, devices, line }: Props) {
	const of_kind = (kind: DeviceKind) => row.destinations.map(({ device }) => device)
		.filter((id) => devices.get(id)?.kind === kind);
	const outside = of_kind("line");
	const length = ring_length(row);
	const steps = ring_steps(row);
	const said = steps.map(({ after_s, devices: at }) => t(
		after_s === 0 ? "ring.at_once" : "ring.after",
		{ s: after_s, names: format_list(at.map(name), lang_current()) }));
	return (
		<figure class="ring">
			<div aria-hidden="true">
				{row.destinations.map(({ device, after_s }) => (
					<div class="ring-row" key={device}>
						<span class="ring-name">{name(device)}</span>
						<span class="ring-time">
							<span class={devices.get(device)?.kind === "line" ? "ring-bar out" : "ring-bar"}
								style={{ marginLeft: percent(after_s, length),
									width: percent(length - after_s, length) }} />
						</span>
					</div>
				))}
				<div class="ring-row">
					<span class="ring-name" />
					<span class="ring-axis soft"><span>0 s</span><span>{length} s</span></span>
				</div>
			</div>
			<figcaption>
				{said.join(" ")}
				{of_kind("app").length > 0 && <p class="soft">{t("ring.quiet")}</p>}
				{!line && outside.length > 0 && (
					<p class="error">{t("ring.no_line",
						{ names: format_list(outside.map(name), lang_current()) })}</p>
				)}
			</figcaption>
		</figure>
	);
}
