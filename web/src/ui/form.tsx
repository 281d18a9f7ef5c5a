import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { problem_from } from "../lib/hooks.ts";
import { t } from "../lib/i18n.ts";
import { problem_field_text, problem_text } from "../lib/problem.ts";
import type { Check } from "../lib/validate.ts";
import { Field, type FieldProps } from "./field.tsx";

type Values = Record<string, string>;

export interface FormField extends Omit<FieldProps, "value" | "set" | "error" | "required"> {
	check?: Check;
	required?: boolean;
	when?: (values: Values) => boolean; // shown only then; by default always
}

interface Props {
	fields: readonly FormField[];
	start: Values;
	submit: string;
	send: (values: Values) => Promise<void>;
	cancel?: () => void;
	cancel_text?: string;
	faults?: Values; // what is known to be wrong when the form opens, by field
	explain?: (status: number) => string | null;
	children?: ComponentChildren;
}

// Checks, sends, and shows what the server finds wrong at the field it names; focus goes to the
// first wrong field.
export function Form({ fields: all, start, submit, send, cancel, cancel_text, faults, explain,
	children }: Props) {
	const [values, set_values] = useState(start);
	const [errors, set_errors] = useState<Values>({});
	const [problem, set_problem] = useState("");
	const [busy, set_busy] = useState(false);
	const form = useRef<HTMLFormElement>(null);
	const fields = all.filter(({ when }) => when?.(values) ?? true);

	const show = (wrong: Values) => {
		set_errors(wrong);
		const first = fields.find(({ name }) => name in wrong);
		if (first !== undefined)
			form.current?.querySelector<HTMLElement>(`[name="${first.name}"]`)?.focus();
	};
	useEffect(() => {
		if (faults !== undefined)
			show(faults);
	}, []);
	const check = (): Values => {
		const wrong: Values = {};
		for (const field of fields) {
			const key = field.check?.(values[field.name] ?? "") ?? null;
			if (key !== null)
				wrong[field.name] = t(key);
		}
		return wrong;
	};
	const submitted = async (event: Event) => {
		event.preventDefault();
		if (busy)
			return;
		const wrong = check();
		set_problem("");
		show(wrong);
		if (Object.keys(wrong).length > 0)
			return;
		set_busy(true);
		try {
			await send(values);
		} catch (error) {
			const found = problem_from(error);
			const name = found.body.field;
			if (name !== undefined && fields.some((field) => field.name === name))
				show({ [name]: problem_field_text(found) });
			else
				set_problem(explain?.(found.status) ?? problem_text(found));
		}
		set_busy(false);
	};
	return (
		<form class="stack" ref={form} onSubmit={submitted} noValidate>
			{fields.map(({ check: _, when: __, ...field }) => (
				<Field key={field.name} {...field} value={values[field.name] ?? ""}
					error={errors[field.name]}
					set={(value) => {
						set_values((old) => ({ ...old, [field.name]: value }));
						set_errors(({ [field.name]: _, ...rest }) => rest);
					}} />
			))}
			{children}
			<div role="alert">{problem && <p class="note bad">{problem}</p>}</div>
			<div class="row">
				<button class="primary" type="submit" aria-disabled={busy}>
					{busy ? t("working") : submit}
				</button>
				{cancel && <button type="button" onClick={cancel}>{cancel_text ?? t("cancel")}</button>}
			</div>
		</form>
	);
}
