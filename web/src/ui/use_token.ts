import { useState } from "preact/hooks";

// The one-time token of a mailed link. It is the address's fragment, which browsers send to nobody.
export function useToken(): string {
	const [token] = useState(() => location.hash.slice(1));
	return token;
}
