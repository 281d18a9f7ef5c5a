#!/usr/bin/python3
"""A push service and the browsers behind it (Debian's python3-cryptography), and a gateway for SIP
phones. Keeps what it got, in plain text, a line of JSON each.

    push_service.py PORT FILE [CERTIFICATE KEY]

Says `ready` and the browsers' keys, as a PushSubscription has them. A path /CODE/NAME is answered
with that code; what has a Content-Encoding is decrypted (RFC 8188, RFC 8291) and its sender proved
(RFC 8292), what has none is kept as it is.
"""
import base64
import http.server
import json
import os
import ssl
import sys
import threading
import time

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SECRET, AUTH = ec.generate_private_key(ec.SECP256R1()), os.urandom(16)
DAY_S = 24 * 3600


def point(key):
    return key.public_bytes(serialization.Encoding.X962,
                            serialization.PublicFormat.UncompressedPoint)


def to64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def hkdf(salt, ikm, info, size):
    return HKDF(hashes.SHA256(), size, salt, info).derive(ikm)


def decrypt(body):
    salt, record, size = body[:16], int.from_bytes(body[16:20], "big"), body[20]
    key, text = body[21:21 + size], body[21 + size:]
    if len(text) > record or size != 65:
        raise ValueError(f"a record of {len(text)} bytes, a key of {size}")
    peer = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key)
    ikm = hkdf(AUTH, SECRET.exchange(ec.ECDH(), peer),
               b"WebPush: info\0" + point(SECRET.public_key()) + key, 32)
    plain = AESGCM(hkdf(salt, ikm, b"Content-Encoding: aes128gcm\0", 16)).decrypt(
        hkdf(salt, ikm, b"Content-Encoding: nonce\0", 12), text, None).rstrip(b"\0")
    if plain[-1] != 2:
        raise ValueError("not the last record")
    return plain[:-1]


def prove(authorization, origin):
    """The claims of a token that its key signed; raises for any other."""
    scheme, _, rest = authorization.partition(" ")
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    signed, _, signature = parts["t"].rpartition(".")
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), from64(parts["k"]))
    r, s = (int.from_bytes(half, "big") for half in
            (from64(signature)[:32], from64(signature)[32:]))
    key.verify(encode_dss_signature(r, s), signed.encode(), ec.ECDSA(hashes.SHA256()))
    head, claims = (json.loads(from64(part)) for part in signed.split("."))
    now = time.time()
    if scheme != "vapid" or head != {"typ": "JWT", "alg": "ES256"} or claims["aud"] != origin or \
            not now < claims["exp"] <= now + DAY_S:
        raise ValueError(f"{scheme} {head} {claims} for {origin}")
    return {"key": parts["k"], **claims}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        at = time.time()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        entry = {"at": at * 1000, "path": self.path, "headers": {
            k.lower(): v for k, v in self.headers.items()}}
        try:
            if self.headers["Content-Encoding"] == "aes128gcm":
                body = decrypt(body)
                entry["sender"] = prove(self.headers["Authorization"], self.server.origin)
            entry["plain"] = json.loads(body)
        except Exception as e: # the test is to see it
            entry["error"] = repr(e)
        with self.server.lock, open(self.server.file, "a", encoding="utf-8") as out:
            out.write(json.dumps(entry) + "\n")
        self.send_response(int(self.path.split("/")[1]))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def main(port, file, *tls):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Handler)
    server.daemon_threads = True
    server.file, server.lock = file, threading.Lock()
    server.origin = f"http{'s' if tls else ''}://127.0.0.1:{port}"
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    print("ready", json.dumps({"p256dh": to64(point(SECRET.public_key())), "auth": to64(AUTH)}),
          flush=True)
    server.serve_forever()


main(*sys.argv[1:])
