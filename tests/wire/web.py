"""The API as a foreign client sees it: HTTP with a cookie, and the live WebSocket."""
import base64
import http.client
import json
import os
import socket
import ssl
import struct
import time
import urllib.parse

from lib import Failed, expect


class Problem(Failed):
    """An answer of 400 or above."""

    def __init__(self, status, body):
        super().__init__(f"HTTP {status}: {body!r}")
        self.status = status


class Client:
    def __init__(self, base, ca=None):
        """`ca` is the file of the certificate that an https base is to show."""
        self.base = base
        self.tls = ssl.create_default_context(cafile=ca) if ca else None
        parts = urllib.parse.urlsplit(base)
        self.host, self.port = parts.hostname, parts.port
        self.cookies = {}

    def call(self, method, path, body=None):
        """The decoded JSON of the answer, None for an empty one."""
        connection = self.connection()
        headers = {"Accept": "application/json"}
        if self.cookies:
            headers["Cookie"] = self.cookie()
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        try:
            connection.request(method, path, data, headers)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        for value in answer.headers.get_all("Set-Cookie") or []:
            name, _, rest = value.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        if answer.status >= 400:
            raise Problem(answer.status, text.decode(errors="replace"))
        return json.loads(text) if text else None

    def connection(self):
        if self.tls:
            return http.client.HTTPSConnection(self.host, self.port, timeout=30, context=self.tls)
        return http.client.HTTPConnection(self.host, self.port, timeout=30)

    def cookie(self):
        return "; ".join(f"{k}={v}" for k, v in self.cookies.items())

    def get(self, path):
        return self.call("GET", "/api/v1" + path)

    def post(self, path, body=None):
        return self.call("POST", "/api/v1" + path, body)

    def put(self, path, body):
        return self.call("PUT", "/api/v1" + path, body)

    def delete(self, path):
        return self.call("DELETE", "/api/v1" + path)

    def sign_in(self, email, password):
        self.post("/session", {"email": email, "password": password})
        return self

    def all(self, path):
        """Every item of a list, page by page."""
        items, cursor = [], None
        while True:
            mark = "&" if "?" in path else "?"
            page = self.get(path + (f"{mark}cursor={urllib.parse.quote(cursor)}" if cursor else ""))
            items += page["items"]
            cursor = page["next"]
            if not cursor:
                return items


class Closed(Failed):
    """The server closed the WebSocket, with this code of RFC 6455."""

    def __init__(self, code):
        super().__init__(f"closed with {code}")
        self.code = code


class WebSocket:
    """A page's WebSocket (RFC 6455), text messages only."""

    def __init__(self, client, path):
        self.socket = socket.create_connection((client.host, client.port), timeout=10)
        if client.tls:
            self.socket = client.tls.wrap_socket(self.socket, server_hostname=client.host)
        self.data = b""
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((
            f"GET /api/v1{path} HTTP/1.1\r\nHost: {client.host}:{client.port}\r\n"
            f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            f"Sec-WebSocket-Version: 13\r\nCookie: {client.cookie()}\r\n\r\n").encode())
        while b"\r\n\r\n" not in self.data:
            self._read()
        head, _, self.data = self.data.partition(b"\r\n\r\n")
        expect(head.startswith(b"HTTP/1.1 101"), f"no WebSocket: {head!r}")

    def _read(self):
        more = self.socket.recv(65536)
        if not more:
            raise Failed("the connection was closed")
        self.data += more

    def _take(self, n):
        while len(self.data) < n:
            self._read()
        taken, self.data = self.data[:n], self.data[n:]
        return taken

    def next(self, seconds=10):
        """The next message; Failed when none comes in time."""
        self.socket.settimeout(seconds)
        try:
            while True:
                first, length = self._take(2)
                if length == 126:
                    length, = struct.unpack("!H", self._take(2))
                elif length == 127:
                    length, = struct.unpack("!Q", self._take(8))
                body = self._take(length)
                if first & 15 == 1:
                    return json.loads(body)
                if first & 15 == 8:
                    raise Closed(*struct.unpack("!H", body[:2]))
                expect(first & 15 in (9, 10), f"opcode {first & 15}")
        except TimeoutError:
            raise Failed(f"no message in {seconds} s") from None

    def say(self, message):
        """A text message, masked with zeros."""
        body = json.dumps(message).encode()
        length = (bytes([0x80 | len(body)]) if len(body) < 126 else
                  struct.pack("!BH", 0xfe, len(body)))
        self.socket.sendall(b"\x81" + length + bytes(4) + body)

    def until(self, condition, seconds=10):
        deadline = time.monotonic() + seconds
        while True:
            event = self.next(max(0.1, deadline - time.monotonic()))
            if condition(event):
                return event

    def close(self):
        self.socket.close()


class Live(WebSocket):
    """What changes on a site."""

    def __init__(self, client, site, cursor=None):
        super().__init__(client, f"/live?site={site}" + (f"&cursor={cursor}" if cursor else ""))


class AppLive(WebSocket):
    """An app, in calls; `client` is signed in as one."""

    def __init__(self, client):
        super().__init__(client, "/app/live")
        self.devices = self.hears("hello")["devices"]

    def hears(self, word, seconds=10, **fields):
        """The next message with this type and these fields; others in between are passed over."""
        try:
            return self.until(lambda m: m["type"] == word and
                              all(m.get(k) == v for k, v in fields.items()), seconds)
        except Closed:
            raise
        except Failed as e:
            raise Failed(f"{e}: {word} {fields}") from None
