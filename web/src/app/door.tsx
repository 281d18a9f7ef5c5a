import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t, type Lang } from "../lib/i18n.ts";
import { check_required, PASSWORD_MAX } from "../lib/validate.ts";
import { SignIn } from "../pages/sign_in.tsx";
import { ThemeChoice } from "../shell/theme_choice.tsx";
import { Form } from "../ui/form.tsx";
import { Heading } from "../ui/heading.tsx";
import { Language } from "../ui/language.tsx";
import { Tabs } from "../ui/tabs.tsx";
import { app_api } from "./api.ts";

const DEVICE_DIGITS = /^[0-9]{10}$/;
const DEVICE_MAX = 20; // with spaces

const plain = (number: string) => number.replace(/\s/g, "");

function DeviceSignIn({ done }: { done: () => void }) {
	return (
		<div class="narrow card stack">
			<Heading text={t("sign_in.title")} />
			<p class="soft">{t("app.device_text")}</p>
			<Form submit={t("sign_in.submit")} start={{ device: "", password: "" }}
				explain={(status) => status === 401 ? t("app.device_wrong") : null}
				send={async ({ device = "", password = "" }) => {
					await app_api.sign_in(plain(device), password);
					done();
				}}
				fields={[
					{ name: "device", label: t("device.id"), autocomplete: "username", required: true,
						max: DEVICE_MAX, check: (text) =>
							DEVICE_DIGITS.test(plain(text)) ? null : "app.device_id" },
					{ name: "password", label: t("password"), type: "password",
						check: check_required, autocomplete: "current-password", required: true,
						max: PASSWORD_MAX },
				]} />
		</div>
	);
}

type Way = "account" | "device";

function SignIns({ done }: { done: () => void }) {
	const [way, set_way] = useState<Way>("account");
	return (
		<div class="narrow">
			<Tabs<Way> label={t("sign_in.title")} chosen={way} choose={set_way} tabs={[
				{ key: "account", text: t("account") }, { key: "device", text: t("app.device") },
			]}>
				{way === "device" ? <DeviceSignIn done={done} />
					: <SignIn done={done}>
						<div><a href="/forgotten">{t("sign_in.forgotten")}</a></div>
					</SignIn>}
			</Tabs>
		</div>
	);
}

function Barred({ sign_out, leaving }: { sign_out: () => void; leaving: boolean }) {
	return (
		<div class="narrow card stack">
			<Heading text={t("app.barred")} />
			<p>{t("app.barred_text")}</p>
			<div class="row">
				<button aria-disabled={leaving} onClick={sign_out}>{t("sign_out")}</button>
				<a href="/">{t("app.portal")}</a>
			</div>
		</div>
	);
}

// Whether the browser says that there is a network.
export function useOnline(): boolean {
	const [online, set] = useState(navigator.onLine);
	useEffect(() => {
		const look = () => set(navigator.onLine);
		addEventListener("online", look);
		addEventListener("offline", look);
		return () => {
			removeEventListener("online", look);
			removeEventListener("offline", look);
		};
	}, []);
	return online;
}

interface Props {
	barred: boolean;
	done: () => void;
	sign_out: () => void;
	leaving: boolean;
	change_language: (lang: Lang) => void;
	children: (inside: ComponentChildren) => ComponentChildren;
}

// What is there before somebody is in.
export function Door({ barred, done, sign_out, leaving, change_language, children }: Props) {
	const online = useOnline();
	return (
		<div class="app-door">
			<header class="top">
				<span class="brand">
					<svg class="logo" aria-hidden="true"><use href="#i-mark" /></svg>
					<span>Vestibule</span>
				</span>
			</header>
			<main class="stack">
				{!online && <p class="note bad" role="alert">{t("app.offline")}</p>}
				{children(barred ? <Barred sign_out={sign_out} leaving={leaving} />
					: <SignIns done={done} />)}
				<div class="narrow fields looks">
					<Language change={change_language} />
					<ThemeChoice />
				</div>
			</main>
		</div>
	);
}
