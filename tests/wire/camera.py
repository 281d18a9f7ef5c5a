#!/usr/bin/env python3
"""Doors without early media: while they ring, apps are shown what the door's camera has over HTTP.
The camera is the simulated door's own, and one that does what no camera should."""
import contextlib
import hashlib
import http.server
import re
import threading

import lib
from gate import Gate
from lib import expect, test, until
from server import Server, Site
from web import AppLive, Client

USER, PASSWORD = "eye", "s3cret: \u00e9"


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


class Camera(http.server.ThreadingHTTPServer):
    """Serves `jpeg`, by Digest (RFC 7616), or what `odd` says."""

    def __init__(self, jpeg):
        super().__init__(("127.0.0.1", 0), Handler)
        self.jpeg, self.odd, self.served, self.refused, self.strayed = jpeg, None, 0, 0, 0
        self.url = f"http://127.0.0.1:{self.server_port}/snapshot.jpg?size=1"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        """The server hangs up on what is too long."""

    def close(self):
        self.shutdown()
        self.server_close()

    def knows(self, said):
        got = dict(re.findall(r'(\w+)="?([^",]*)"?', said))
        ha1, ha2 = md5(f"{USER}:eyes:{PASSWORD}"), md5("GET:/snapshot.jpg?size=1")
        return said.startswith("Digest ") and got.get("response") == md5(
            f"{ha1}:{got.get('nonce')}:{got.get('nc')}:{got.get('cnonce')}:auth:{ha2}")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def send(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            self.wfile.write(body)

    def do_GET(self):
        camera = self.server
        if self.path == "/stray":
            camera.strayed += 1
            return self.send(200, camera.jpeg)
        if not camera.knows(self.headers.get("Authorization", "")):
            camera.refused += 1
            return self.send(401, WWW_Authenticate='Digest realm="eyes", nonce="1", qop="auth"')
        camera.served += 1
        if camera.odd == "moved":
            return self.send(302, Location="/stray")
        if camera.odd == "long":
            return self.send(200, camera.jpeg + bytes(256 * 1024))
        if camera.odd == "text":
            return self.send(200, b"root:x:0:0")
        return self.send(200, camera.jpeg, Content_Type="image/jpeg")


class House:
    """A site with two old doors, which ring an app and a phone: one has the camera of a new door, one
    a camera of Digest."""

    def __init__(self, server, where):
        self.server, self.site = server, Site(server, "House")
        lender = self.site.device("intercom", "New door")
        self.gate = Gate(where, server.sip, lender).registered()
        self.jpeg = self.gate.ask("GET", "/api/camera/snapshot?width=160&height=120").data
        self.camera = Camera(self.jpeg)
        path = "/api/camera/snapshot?width=640&height=480"
        self.front = self.site.device("intercom", "Front door",
                                      snapshot_url=f"http://127.0.0.1:{self.gate.port}{path}")
        self.back = self.site.device("intercom", "Back door", snapshot_url=self.camera.url,
                                     snapshot_user=USER, snapshot_password=PASSWORD)
        self.kitchen = self.site.device("app", "Kitchen")
        self.hall = self.site.device("app", "Hall")
        self.phone = self.site.device("phone", "Phone")
        for door in (self.front, self.back):
            self.site.buttons(door, [self.kitchen, self.phone])
        server.until_known()

    def close(self):
        self.gate.stop()
        self.camera.close()

    def client(self, device):
        client = Client(self.server.base)
        client.post("/app/session", {"device": device.id, "password": device.password})
        return client

    @contextlib.contextmanager
    def ringing(self, door):
        """The app's client, the phone's and the door's user agents, the door's dialog and the call,
        which shows nothing."""
        client = self.client(self.kitchen)
        page = AppLive(client)
        with contextlib.closing(door.ua()) as door, \
                contextlib.closing(self.phone.ua()) as phone:
            try:
                dialog = door.dial("1")
                ring = page.hears("ring")
                expect(ring["camera"], f"{ring}")
                yield client, phone, door, dialog, ring["call"]
            finally:
                page.close()


def snapshot(client, call):
    """Status, headers and body."""
    connection = client.connection()
    try:
        connection.request("GET", f"/api/v1/app/calls/{call}/snapshot", None,
                           {"Cookie": client.cookie()})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def until_shown(client, call, but=None):
    def shown():
        status, _, body = snapshot(client, call)
        expect(status in (200, 204) and (status == 200) == (body != b""), f"{status}, {body}")
        return body if body not in (b"", but) else None
    return until("a picture of the door", shown)


@test
def shows_who_rings(house):
    """the picture is there while it rings, is renewed, is nobody else's, and goes with the call"""
    with house.ringing(house.front) as (client, phone, door, dialog, call):
        phone.rings()
        first = until_shown(client, call)
        status, headers, _ = snapshot(client, call)
        expect(status == 200 and headers["Content-Type"] == "image/jpeg", f"{headers}")
        expect(headers["Cache-Control"] == "no-store", f"{headers}")
        until_shown(client, call, but=first)
        status, _, _ = snapshot(house.client(house.hall), call)
        expect(status == 404, f"{status} for an app that the call does not ring")
        door.cancel(dialog)
        door.ended(dialog, code=487)
        until("the end of the picture", lambda: snapshot(client, call)[0] == 404)


@test
def ends_for_who_did_not_answer(house):
    """once the phone has answered, the app that rang sees no more"""
    with house.ringing(house.front) as (client, phone, door, dialog, call):
        ring = phone.rings()
        until_shown(client, call)
        phone.answer(ring)
        door.answered(dialog)
        until("the end of the picture", lambda: snapshot(client, call)[0] == 404)
        door.bye(dialog)
        phone.until_bye(ring)


@test
def takes_no_more_than_a_picture(house):
    """Digest; no redirect is followed, and nothing that is too long or no JPEG replaces the picture"""
    camera = house.camera
    with house.ringing(house.back) as (client, phone, door, dialog, call):
        phone.rings()
        expect(until_shown(client, call) == house.jpeg, "another picture")
        for camera.odd in ("moved", "long", "text"):
            camera.served = 0
            until(f"{camera.odd}, twice", lambda: camera.served > 1)
            expect(snapshot(client, call)[2] == house.jpeg, f"{camera.odd} was taken")
        expect(camera.strayed == 0, "a redirect was followed")
        expect(camera.refused < 3, f"asked for credentials {camera.refused} times")
        door.cancel(dialog)
        door.ended(dialog, code=487)


if __name__ == "__main__":
    with lib.folder() as folder:
        the_server = Server(folder, "--ring-s", "60", "--drain-s", "1")
        try:
            the_house = House(the_server, folder)
            try:
                lib.main(the_house)
            finally:
                the_house.close()
        finally:
            the_server.process.stop()
