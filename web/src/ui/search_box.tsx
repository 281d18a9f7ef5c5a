import { Icon } from "./icon.tsx";

interface Props {
	label: string;
	value: string;
	set: (value: string) => void;
	max?: number;
}

// A box that narrows a list while one types.
export function SearchBox({ label, value, set, max = 100 }: Props) {
	return (
		<label class="search-box no-print">
			<span class="hidden">{label}</span>
			<Icon name="search" />
			<input type="search" autocomplete="off" placeholder={label} value={value} maxLength={max}
				onInput={(event) => set(event.currentTarget.value)} />
		</label>
	);
}
