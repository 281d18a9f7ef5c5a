import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { Session } from "../api/types.ts";
import { t, type Lang } from "../lib/i18n.ts";
import { Icon } from "../ui/icon.tsx";
import { Language } from "../ui/language.tsx";
import { Link } from "../ui/link.tsx";
import { ThemeChoice } from "./theme_choice.tsx";

interface Props {
	session: Session;
	change_language: (lang: Lang) => void;
	sign_out: () => void;
	leaving: boolean;
}

// Who is signed in, how the pages look, and the way out. Escape, a click elsewhere and leaving it
// with the keyboard close it.
export function Account({ session, change_language, sign_out, leaving }: Props) {
	const [open, set_open] = useState(false);
	const id = useId();
	const box = useRef<HTMLDivElement>(null);
	const button = useRef<HTMLButtonElement>(null);
	useEffect(() => {
		if (!open)
			return undefined;
		const outside = (event: Event) => {
			if (event.target instanceof Node && !box.current?.contains(event.target))
				set_open(false);
		};
		addEventListener("pointerdown", outside);
		addEventListener("focusin", outside);
		return () => {
			removeEventListener("pointerdown", outside);
			removeEventListener("focusin", outside);
		};
	}, [open]);
	return (
		<div class="account-menu" ref={box} onKeyDown={(event) => {
			if (event.key !== "Escape" || !open)
				return;
			set_open(false);
			button.current?.focus();
		}}>
			<button class="bare" ref={button} aria-expanded={open} aria-controls={id}
				onClick={() => set_open(!open)}>
				<Icon name="person" /><span class="hidden">{t("account")}</span>
				<span class="who">{session.name}</span>
			</button>
			<div id={id} class="menu stack" hidden={!open}>
				<div>
					<p><strong>{session.name}</strong></p>
					{session.email !== null && <p class="soft">{session.email}</p>}
				</div>
				<Link href="/account" class="side-link">
					<Icon name="person" />{t("me.title")}
				</Link>
				{session.app && (
					<a href="/app/" class="side-link"><Icon name="phone" />{t("app_open")}</a>
				)}
				<Language change={change_language} />
				<ThemeChoice />
				<button aria-disabled={leaving} onClick={sign_out}>{t("sign_out")}</button>
			</div>
		</div>
	);
}
