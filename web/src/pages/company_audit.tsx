import { api } from "../api/client.ts";
import { zone_here } from "../lib/format.ts";
import { useLoad } from "../lib/hooks.ts";
import { t } from "../lib/i18n.ts";
import { Show } from "../ui/loaded.tsx";
import { Trail } from "./audit.tsx";

// Who changed what in a company and in all of its sites. Their zones differ: times are the reader's.
export default function CompanyAudit({ id }: { id: string }) {
	const company = useLoad(id, () => api.company(id));
	return (
		<Show of={company}>
			{({ name }) => (
				<div class="stack">
					<h1 class="site-name">{name}</h1>
					<Trail of={{ company: id }} name={name} zone={zone_here()}
						empty={t("company.audit_empty")} />
				</div>
			)}
		</Show>
	);
}
