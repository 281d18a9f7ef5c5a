import { useLoad } from "../lib/hooks.ts";
import { t } from "../lib/i18n.ts";
import { app_api } from "./api.ts";

export function QuietTimes() {
	const quiet = useLoad("quiet", app_api.quiet);
	return quiet.data === null ? null : <section class="card stack"><h2>{t("app.quiet")}</h2></section>;
}
