// Passkeys in the browser (Web Authentication): makes one, or has one sign. Fetched when needed.
// What goes wrong is the browser's DOMException; ui/passkey_button.tsx puts it into words.
import type { PasskeyAnswer, PasskeyAsk, PasskeyKnown, PasskeyNew, PasskeyOptions } from "../api/types.ts";

const ALGORITHMS = [-7, -8, -257]; // ES256, EdDSA, RS256
const RENEW = 0.8; // of the time that a challenge is good

function bytes(text: string): Uint8Array<ArrayBuffer> {
	const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
	return Uint8Array.from(plain, (c) => c.charCodeAt(0));
}

function base64url(buffer: ArrayBuffer): string {
	return btoa(String.fromCharCode(...new Uint8Array(buffer)))
		.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

const known = (list: PasskeyKnown[]) => list.map(({ credential_id, transports }) => ({
	type: "public-key" as const,
	id: bytes(credential_id),
	...(transports === "" ? {} : { transports: transports.split(",") as AuthenticatorTransport[] }),
}));

export async function passkey_make(options: PasskeyOptions): Promise<Omit<PasskeyNew, "name">> {
	const made = await navigator.credentials.create({
		publicKey: {
			challenge: bytes(options.challenge),
			rp: { id: options.rp_id, name: "Vestibule" },
			user: {
				id: bytes(options.user_handle),
				name: options.user_name,
				displayName: options.user_title,
			},
			pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: "public-key", alg })),
			authenticatorSelection: { residentKey: "preferred", userVerification: "preferred" },
			attestation: "none",
			excludeCredentials: known(options.exclude),
			timeout: options.timeout_ms,
			extensions: { credProps: true },
		},
	}) as PublicKeyCredential;
	const response = made.response as AuthenticatorAttestationResponse;
	return {
		client_data: base64url(response.clientDataJSON),
		attestation: base64url(response.attestationObject),
		transports: (response.getTransports?.() ?? []).join(","),
		// A browser that says nothing has made what it was asked to prefer.
		discoverable: made.getClientExtensionResults().credProps?.rk ?? true,
	};
}

export async function passkey_sign(ask: PasskeyAsk,
	how: Pick<CredentialRequestOptions, "signal" | "mediation"> = {}): Promise<PasskeyAnswer> {
	const found = await navigator.credentials.get({
		...how,
		publicKey: {
			challenge: bytes(ask.challenge),
			rpId: ask.rp_id,
			allowCredentials: known(ask.allow),
			userVerification: ask.user_verification,
			timeout: ask.timeout_ms,
		},
	}) as PublicKeyCredential;
	const response = found.response as AuthenticatorAssertionResponse;
	return {
		credential_id: base64url(found.rawId),
		client_data: base64url(response.clientDataJSON),
		authenticator_data: base64url(response.authenticatorData),
		signature: base64url(response.signature),
		user_handle: response.userHandle === null ? null : base64url(response.userHandle),
	};
}

// One round: null when the challenge got too old first.
async function offer(ask: PasskeyAsk, signal: AbortSignal): Promise<PasskeyAnswer | null> {
	const round = new AbortController();
	const stop = () => round.abort();
	const timer = setTimeout(stop, ask.timeout_ms * RENEW);
	signal.addEventListener("abort", stop);
	try {
		return await passkey_sign(ask, { signal: round.signal, mediation: "conditional" });
	} catch (error) {
		if (round.signal.aborted && !signal.aborted)
			return null;
		throw error;
	} finally {
		clearTimeout(timer);
		signal.removeEventListener("abort", stop);
	}
}

// Offers passkeys where the browser completes the e-mail address, until somebody takes one. Null
// where the browser cannot.
export async function passkey_offer(ask: () => Promise<PasskeyAsk>,
	signal: AbortSignal): Promise<PasskeyAnswer | null> {
	if (!await PublicKeyCredential.isConditionalMediationAvailable?.())
		return null;
	for (;;) {
		const asked = await ask();
		signal.throwIfAborted();
		const answer = await offer(asked, signal);
		if (answer !== null)
			return answer;
	}
}
