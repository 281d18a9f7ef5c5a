import type { InputHTMLAttributes } from "preact";
import { useId } from "preact/hooks";

export interface FieldProps {
	label: string;
	name: string;
	value: string;
	set: (value: string) => void;
	error?: string | undefined;
	hint?: string;
	type?: "text" | "email" | "password" | "number" | "date" | "time"
		| "checkbox"; // a box is "" or "yes"
	autocomplete?: string;
	max?: number; // characters
	lines?: number; // of a text that may have several
	options?: readonly { value: string; text: string }[];
	required?: boolean;
}

// One labelled input, or a select where `options` are given, with its hint and error tied to it.
export function Field(props: FieldProps) {
	const { label, name, value, set, error, hint, type = "text", options, required } = props;
	const id = useId();
	const about = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
	const shared = {
		id, name, value,
		"aria-invalid": error !== undefined,
		...(about === "" ? {} : { "aria-describedby": about }),
		...(required ? { "aria-required": true } : {}),
		...(props.max === undefined ? {} : { maxLength: props.max }),
	};
	if (type === "checkbox")
		return (
			<div class="field">
				<label class="check">
					<input {...shared} type="checkbox" value="yes" checked={value !== ""}
						onChange={(event) => set(event.currentTarget.checked ? "yes" : "")} />
					<span>{label}</span>
				</label>
				{error && <div class="error" id={`${id}-error`}>{error}</div>}
			</div>
		);
	return (
		<div class="field">
			<label for={id}>{label}</label>
			{options !== undefined
				? <select {...shared} onChange={(event) => set(event.currentTarget.value)}>
					{options.map((one) => <option key={one.value} value={one.value}>{one.text}</option>)}
				</select>
				: props.lines !== undefined
				? <textarea {...shared} rows={props.lines}
					onInput={(event) => set(event.currentTarget.value)} />
				: <input {...{ ...shared, type } as InputHTMLAttributes}
					autocomplete={props.autocomplete ?? "off"}
					onInput={(event) => set(event.currentTarget.value)} />}
			{hint && <div class="soft" id={`${id}-hint`}>{hint}</div>}
			{error && <div class="error" id={`${id}-error`}>{error}</div>}
		</div>
	);
}
