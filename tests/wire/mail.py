#!/usr/bin/env python3
"""The outbox and a real mail server: one that takes mail, and ones that refuse, are slow, or die."""
import contextlib
import email
import email.policy
import json
import os
import re
import sqlite3
import subprocess
import time
import urllib.request

import lib
from gate import Gate
from lib import HERE, TOP, Process, expect, folder, free_port, test, until
from server import ADMINISTRATOR, Server, Site
from web import AppLive, Client

# Debian's, which has python3-aiosmtpd; -P, for this folder's names are also those of its library.
PYTHON = "/usr/bin/python3", "-P"
PASSWORD = "s3cret words"
DB = os.environ.get("VESTIBULE_TEST_DB") # tests/unit/pg-run: for two_nodes_share_the_mail
PUBLIC = "https://door.example.com"


class Smtp:
    """The mail server, on a port that stays when it is started again."""

    def __init__(self, where, mode="plain", certificate=None):
        self.where, self.mode, self.certificate = where, mode, certificate
        self.port, self.starts = free_port(), 0
        self.file = where / "mails.jsonl"
        self.start()

    def start(self):
        self.starts += 1
        self.process = Process(f"smtp-{self.starts}", [
            *PYTHON, HERE / "smtp_server.py", self.port, self.file, self.mode,
            *(self.certificate or ())], self.where)
        self.process.until_output("ready", 30)

    def mails(self):
        lines = self.file.read_text().splitlines() if self.file.exists() else []
        return [json.loads(line) for line in lines]

    def until_mails(self, n, seconds=30.0):
        return until(f"{n} mails", lambda: len(self.mails()) >= n and self.mails(), seconds)

    def stop(self):
        self.process.stop()


class Post(Server):
    """vestibuled that sends its mail to a server."""

    def __init__(self, where, smtp, *options, timeout=60, tls="off", scheme="smtp"):
        more = () if smtp is None else (
            "--smtp-url", f"{scheme}://127.0.0.1:{smtp.port}", "--smtp-tls", tls,
            "--mail-from", "Maison Érable <no-reply@example.com>", "--smtp-timeout-s", timeout)
        super().__init__(where, *more, "--public-url", PUBLIC, *options, media_ports=100)

    def queue(self, *recipients, template="password_reset", language="en", name="Zoë", **arguments):
        """Mails as the server's own routes queue them; their ids."""
        arguments = arguments or {"path": "/reset#one-time-token"}
        with contextlib.closing(sqlite3.connect(self.where / "data/vestibule.db", 30)) as db, db:
            now = int(time.time() * 1000)
            return [str(db.execute(
                "INSERT INTO mail (recipient, recipient_name, language, template, arguments, state,"
                " due_at, created_at) VALUES (?, ?, ?, ?, ?, 'waiting', ?, ?) RETURNING id",
                (to, name, language, template, json.dumps(arguments), now, now)).fetchone()[0])
                for to in recipients]

    def mail(self, mail):
        return self.admin.get(f"/mails/{mail}")

    def until_state(self, mail, state, seconds=30.0):
        try:
            return until(f"mail {mail} {state}", lambda: (m := self.mail(mail))["state"] == state and m,
                         seconds)
        except lib.Failed as e:
            raise lib.Failed(f"{e}: {self.mail(mail)}\n{self.process.tail()}") from None

    def until_tried(self, mail, tries=1, seconds=30.0):
        """Waits again, after a try that failed."""
        def tried():
            m = self.mail(mail)
            expect(m["state"] == "waiting", m)
            return m["tries"] >= tries and m["error"] and m
        return until(f"{tries} tries of mail {mail}", tried, seconds)

    def number(self, name):
        with urllib.request.urlopen(self.base + "/metrics", timeout=30) as answer:
            text = answer.read().decode()
        return int(re.search(rf"^{name} (\d+)$", text, re.M)[1])

    def log(self):
        return "".join(p.read_text(errors="replace") for p in self.where.glob("vestibuled-*.log"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


@contextlib.contextmanager
def post(mode="plain", *options, certificate=False, **more):
    with folder() as where:
        files = make_certificate(where) if certificate else None
        smtp = Smtp(where, mode, files)
        try:
            if files:
                options += ("--smtp-ca", files[0])
            with Post(where, smtp, *options, **more) as server:
                yield server, smtp
        finally:
            smtp.stop()


def make_certificate(where):
    files = where / "certificate.pem", where / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
         "-out", files[0], "-keyout", files[1]], check=True, capture_output=True)
    return files


def password_file(where, password=PASSWORD):
    path = where / "smtp-password"
    path.write_text(password + "\n")
    path.chmod(0o600)
    return path


def message(record):
    return email.message_from_string(record["data"], policy=email.policy.default)


def message_ids(records):
    return [message(r)["Message-ID"] for r in records]


@test
def a_mail_arrives_whole():
    """A mail arrives with its headers, as text and as HTML, and its link is forgotten here"""
    with post() as (server, smtp):
        mail, = server.queue("anna@example.org", template="ticket_answer", language="fr", number="17",
                             subject="La « cloche » ne sonne plus depuis que l’électricien est passé",
                             by="Clara", text=".\nFrom here\n\n<b>tout</b> va bien", path="/t/17")
        server.until_state(mail, "sent")
        record, = smtp.until_mails(1)
        expect(record["from"] == "no-reply@example.com", record["from"])
        expect(record["to"] == ["anna@example.org"], record["to"])
        m = message(record)
        expect(m["From"] == "Maison Érable <no-reply@example.com>", m["From"])
        expect(m["To"] == "anna@example.org", m["To"])
        expect(m["Subject"] == "[17] La « cloche » ne sonne plus depuis que l’électricien est passé",
               m["Subject"])
        expect(m["Auto-Submitted"] == "auto-generated" and m["Content-Language"] == "fr", m.items())
        expect(abs(m["Date"].datetime.timestamp() - time.time()) < 600, m["Date"])
        expect(m["Message-ID"].startswith(f"<{mail}.") and m["Message-ID"].endswith("@example.com>"),
               m["Message-ID"])
        expect([p.get_content_type() for p in m.iter_parts()] == ["text/plain", "text/html"], m)
        expect(not m.defects and not any(p.defects for p in m.iter_parts()), m.defects)
        text, html = (p.get_content().replace("\r\n", "\n") for p in m.iter_parts())
        expect("Bonjour Zoë,\n" in text and "\n.\nFrom here\n\n<b>tout</b> va bien\n" in text, text)
        expect(f"{PUBLIC}/t/17\n" in text and f'href="{PUBLIC}/t/17"' in html, text)
        expect("&lt;b&gt;tout&lt;/b&gt;" in html and "<b>" not in html, html)
        expect(max(map(len, record["data"].splitlines())) <= 78, "long lines")
        done = server.mail(mail)
        expect(done["text"] is None and done["done_at"] and not done["error"], done)
        with contextlib.closing(sqlite3.connect(server.where / "data/vestibule.db")) as db:
            kept, = db.execute("SELECT arguments FROM mail").fetchone()
        expect(kept == "{}", kept)
        until("the numbers", lambda: server.number("vestibule_mails_sent_total") == 1 and
              server.number("vestibule_mails_waiting") == 0)


@test
def a_batch_takes_one_connection():
    """Thirty mails that are due together take few connections"""
    with post() as (server, smtp):
        mails = server.queue(*(f"user{i}@example.org" for i in range(30)))
        for mail in mails:
            server.until_state(mail, "sent")
        records = smtp.until_mails(30)
        expect(len(records) == 30, f"{len(records)} mails")
        expect(len({r["peer"] for r in records}) <= 3, {r["peer"] for r in records})


@test
def starttls_with_a_certificate():
    """STARTTLS: with a trusted certificate mail goes, by TLS"""
    with post("starttls", certificate=True, tls="required") as (server, smtp):
        server.until_state(server.queue("anna@example.org")[0], "sent")
        expect(smtp.until_mails(1)[0]["tls"], "in the clear")


@test
def a_strange_certificate_gets_nothing():
    """STARTTLS: a certificate that nobody vouches for gets no mail"""
    with folder() as where:
        smtp = Smtp(where, "starttls", make_certificate(where))
        try:
            with Post(where, smtp, tls="required") as server:
                m = server.until_tried(server.queue("anna@example.org")[0])
                expect("certificate" in m["error"], m["error"])
                expect("mail_server_down" in server.log(), server.log())
                expect(server.number("vestibule_mail_server_down") == 1, "not down")
            expect(not smtp.mails(), smtp.mails())
        finally:
            smtp.stop()


@test
def no_tls_where_it_is_required():
    """Mail does not go in the clear where TLS is required"""
    with post(tls="required") as (server, smtp):
        m = server.until_tried(server.queue("anna@example.org")[0])
        expect("STARTTLS" in m["error"], m["error"])
        expect(not smtp.mails(), smtp.mails())


@test
def smtps_is_tls_from_the_first_byte():
    """smtps:// speaks TLS from the first byte"""
    with post("smtps", certificate=True, scheme="smtps") as (server, smtp):
        server.until_state(server.queue("anna@example.org")[0], "sent")
        expect(smtp.until_mails(1)[0]["tls"], "in the clear")


@test
def authentication():
    """AUTH with the password of a file; a wrong one delays mail, and stands in no log"""
    with folder() as where:
        files = make_certificate(where)
        smtp = Smtp(where, "auth", files)
        options = ("--smtp-ca", files[0], "--smtp-user", "vestibule", "--smtp-password-file",
                   password_file(where, "wr0ng words"))
        try:
            with Post(where, smtp, *options, tls="required") as server:
                mail, = server.queue("anna@example.org")
                m = server.until_tried(mail)
                expect("535" in m["error"] or "denied" in m["error"], m["error"])
                server.stop()
                password_file(where)
                server.start()
                server.until_state(mail, "sent", 60)
                expect(smtp.until_mails(1)[0]["user"] == "vestibule", smtp.mails())
                for secret in ("wr0ng", "s3cret", "one-time-token", "anna@example.org"):
                    expect(secret not in server.log(), f"{secret} in the log")
        finally:
            smtp.stop()


@test
def what_is_refused_has_failed():
    """5xx: the mail has failed, with the server's words; other mail goes on"""
    with post() as (server, smtp):
        gone, spam, good = server.queue("gone@example.org", "spam@example.org", "anna@example.org")
        m = server.until_state(gone, "failed")
        expect(m["error"] == "550-5.1.1 <gone@example.org> is not here 5.1.1 try another", m["error"])
        expect(m["tries"] == 1 and m["done_at"], m)
        m = server.until_state(spam, "failed")
        expect(m["error"] == "554 5.7.1 this looks like spam", m["error"])
        server.until_state(good, "sent")
        expect([r["to"] for r in smtp.mails()] == [["anna@example.org"]], smtp.mails())
        expect([m["id"] for m in server.admin.all("/mails?state=failed")] == [spam, gone], "list")
        expect(server.number("vestibule_mails_failed_total") == 2, "counted")
        expect("gone@example.org" not in server.log(), "an address in the log")


@test
def what_is_not_taken_now_is_tried_again():
    """4xx to RCPT and to the message: tried again, and sent"""
    with post() as (server, smtp):
        grey, full = server.queue("greylist@example.org", "full@example.org")
        for mail, words in ((grey, "451 4.7.1 come back later"), (full, "452 4.2.2 the mailbox is full")):
            m = server.until_tried(mail)
            expect(m["error"] == words and m["due_at"] > m["created_at"], m)
        for mail in (grey, full):
            server.until_state(mail, "sent", 60)
        expect(len(smtp.mails()) == 2, smtp.mails())


@test
def a_server_that_says_nothing():
    """A server that never greets: mail waits, and vestibuled still stops"""
    with post("mute", timeout=2) as (server, smtp):
        m = server.until_tried(server.queue("anna@example.org")[0], seconds=60)
        expect(m["error"], m)
        server.stop()
        server.options = tuple(o if o != 2 else 600 for o in server.options)
        server.start()
        server.queue("bob@example.org")
        until("a mail on its way", lambda: claimed(server), 60)
        expect(server.process.stop(20) == 0, "hung on the mail server")


def claimed(server):
    with contextlib.closing(sqlite3.connect(server.where / "data/vestibule.db", 30)) as db:
        return db.execute("SELECT COUNT(*) FROM mail WHERE claimed_until > 0").fetchone()[0]


@test
def a_server_that_stalls():
    """A server that stalls after the message: given up in time, and sent later"""
    with post(timeout=3) as (server, smtp):
        mail, = server.queue("stall@example.org")
        server.until_tried(mail, seconds=60)
        server.until_state(mail, "sent", 90)
        expect(len(smtp.mails()) == 1, smtp.mails())


@test
def a_server_that_dies():
    """A server that dies in the middle and comes back: nothing is lost"""
    with post(timeout=5) as (server, smtp):
        mails = server.queue("die@example.org", *(f"user{i}@example.org" for i in range(5)))
        until("the end of the mail server", lambda: not smtp.process.running(), 30)
        server.until_tried(mails[0])
        smtp.stop()
        smtp.start()
        for mail in mails:
            server.until_state(mail, "sent", 90)
        expect(len(set(message_ids(smtp.mails()))) == 6, message_ids(smtp.mails()))
        expect("mail_server_back" in server.log(), "not said to be back")


@test
def killed_with_mail_waiting():
    """kill -9 with mail on its way and waiting: all of it goes, at most one twice"""
    with post(timeout=60) as (server, smtp):
        mails = server.queue("hold@example.org", *(f"user{i}@example.org" for i in range(20)))
        smtp.until_mails(1)
        server.kill() # before it could hear that the mail was taken
        server.start()
        for mail in mails:
            server.until_state(mail, "sent", 60)
        ids = message_ids(smtp.mails())
        expect(len(set(ids)) == 21, f"{len(set(ids))} mails of 21")
        expect(len(ids) <= 22, f"{len(ids)} copies of 21 mails")


def expect_frame(server, mail):
    """Its HTML may be framed by the portal, and is a page without origin or scripts"""
    connection = server.admin.connection()
    with contextlib.closing(connection):
        connection.request("GET", f"/api/v1/mails/{mail}/html",
                           headers={"Cookie": server.admin.cookie()})
        answer = connection.getresponse()
        policy = answer.headers.get_all("Content-Security-Policy")
        expect(len(policy) == 1 and policy[0].startswith("sandbox; default-src 'none'"), policy)
        expect("frame-ancestors 'self'" in policy[0], policy)
        expect(answer.headers["X-Content-Type-Options"] == "nosniff", answer.headers)
        expect("/reset#one-time-token" in answer.read().decode(), "no link")


@test
def without_a_server_mail_is_kept():
    """Without a mail server mails are kept, are read by the operator, and go once there is one"""
    with folder() as where:
        smtp = Smtp(where)
        try:
            with Post(where, None) as server:
                mail, = server.queue("anna@example.org")
                m = server.until_state(mail, "kept")
                expect(f"{PUBLIC}/reset#one-time-token" in m["text"] and not m["hidden"], m)
                expect(m["subject"] == "Choose a new password", m["subject"])
                expect_frame(server, mail)
                told = subprocess.run(
                    [os.environ.get("VESTIBULECTL", TOP / "build/ctl/vestibulectl"), "--data",
                     where / "data", "--public-url", PUBLIC, "mails", "kept"],
                    check=True, capture_output=True, text=True, timeout=60).stdout
                expect(f"{PUBLIC}/reset#one-time-token" in told, told)
                server.stop()
                server.options += ("--smtp-url", f"smtp://127.0.0.1:{smtp.port}", "--smtp-tls", "off",
                                   "--mail-from", "no-reply@example.com")
                server.start()
                expect(server.mail(mail)["state"] == "kept", "went without being asked to")
                server.admin.post(f"/mails/{mail}/retry")
                server.until_state(mail, "sent")
                smtp.until_mails(1)
        finally:
            smtp.stop()


@test
def nothing_becomes_a_command():
    """An address or argument with line breaks reaches the mail server in no way"""
    with post() as (server, smtp):
        evil = [
            *server.queue("x@example.org>\r\nRCPT TO:<victim@example.org", "x@example.org\nDATA",
                          "x y@example.org", "<x@example.org>", ""),
            *server.queue("x@example.org", template="ticket_closed", number="1", path="/x",
                          subject="a\r\nBcc: victim@example.org"),
            *server.queue("x@example.org", path="/x\r\n.\r\nMAIL FROM:<x@y>"),
        ]
        for mail in evil:
            m = server.until_state(mail, "failed")
            expect(m["error"], m)
        good, = server.queue("bob@example.org", name="x\r\nBcc: victim@example.org")
        server.until_state(good, "sent")
        record, = smtp.until_mails(1)
        expect("victim" not in record["data"] and record["to"] == ["bob@example.org"], record)


@test
def bad_settings_are_refused():
    """The server does not start with mail settings that cannot work or give a password away"""
    with folder() as where:
        password = password_file(where)
        url = ("--smtp-url", "smtp://mail.example.com", "--mail-from", "a@example.com")
        user = ("--smtp-user", "u", "--smtp-password-file", password)
        for options, word in (
                (("--smtp-url", "smtp://mail.example.com"), "mail_from"),
                (("--smtp-url", "http://mail.example.com", *url[2:]), "smtp_url"),
                (("--smtp-url", "smtp://u:topsecret@mail.example.com", *url[2:]), "smtp_user"),
                ((*url, "--smtp-user", "u"), "smtp_password_file"),
                ((*url, *user, "--smtp-tls", "offered"), "smtp_tls"),
                ((*url[:2], "--mail-from", "a@example.com\r\nBcc: b@c"), "mail_from"),
                (("--public-url", "door.example.com"), "public_url")):
            said = refused(where, options)
            expect(word in said and "topsecret" not in said, said)
        password.chmod(0o644)
        expect("chmod" in refused(where, (*url, *user)), "an open password file")


def two_nodes_share_the_mail():
    """Two nodes on one PostgreSQL send each mail once"""
    with folder() as where:
        smtp = Smtp(where)
        try:
            with Post(where, smtp, "--db", DB) as server, node(server) as other:
                subprocess.run(["psql", "-q", DB, "-c", """
                    INSERT INTO mail (recipient, recipient_name, language, template, arguments,
                        state, due_at, created_at)
                    SELECT 'user' || n || '@example.org', '', 'en', 'two_factor_on', '{}', 'waiting',
                        n % 7, n FROM generate_series(1, 300) AS n"""], check=True, timeout=60)
                until("300 mails sent",
                      lambda: len(server.admin.all("/mails?state=sent")) == 300, 90)
                expect(other.running(), other.tail())
                ids = message_ids(smtp.mails())
                expect(len(ids) == len(set(ids)) == 300, f"{len(ids)} copies of {len(set(ids))}")
        finally:
            smtp.stop()


if DB:
    test(two_nodes_share_the_mail)


TICKETS = "tickets@example.com"


def pipe(server, recipient, text, *, sender, headers="", kind="text/plain; charset=utf-8"):
    """A mail as the mail server's pipe gives it; the exit status and what was said."""
    done = subprocess.run(
        [os.environ.get("VESTIBULECTL", TOP / "build/ctl/vestibulectl"), "--data",
         server.where / "data", "--ticket-mail", TICKETS, "mail-in", recipient],
        input=f"{headers}From: Somebody <{sender}>\r\nTo: {recipient}\r\nSubject: Re: [1]\r\n"
              f"Content-Type: {kind}\r\n\r\n{text}\r\n".encode(),
        capture_output=True, timeout=60 * lib.SLOW, check=False)
    return done.returncode, done.stderr.decode()


def user(server, site, email):
    """Somebody of the site with a password, signed in."""
    made = server.admin.post(f"/sites/{site.id}/users", {"name": email.partition("@")[0].title(),
                                                         "role": "site_user", "email": email})
    subprocess.run([os.environ.get("VESTIBULECTL", TOP / "build/ctl/vestibulectl"), "--data",
                    server.where / "data", "administrator", email], input=f"{PASSWORD}\n".encode(),
                   check=True, capture_output=True)
    return made["id"], Client(server.base).sign_in(email, PASSWORD)


class House:
    """The front door's camera is that of another door; the back door has none. Both ring Anna's app
    and a phone of the flat where Bob lives; Clara has an app that is not rung. All want mails."""

    def __init__(self, server, where, anna="anna@example.org"):
        self.server, self.site = server, Site(server, "House")
        lender = self.site.device("intercom", "New door")
        self.gate = Gate(where, server.sip, lender).registered()
        path = "/api/camera/snapshot?width=640&height=480"
        self.front = self.site.device("intercom", "Front door",
                                      snapshot_url=f"http://127.0.0.1:{self.gate.port}{path}")
        self.back = self.site.device("intercom", "Back door")
        flat = server.admin.post(f"/sites/{self.site.id}/apartments",
                                 {"floor": "1", "number": "7", "name": ""})["id"]
        (anna_id, self.anna), (bob_id, self.bob), (clara_id, self.clara) = (
            user(server, self.site, email)
            for email in (anna, "bob@example.org", "clara@example.org"))
        server.admin.post(f"/sites/{self.site.id}/apartments/{flat}/residents", {"people": [bob_id]})
        self.app = self.site.device("app", "Anna", person_id=anna_id)
        self.site.device("app", "Clara", person_id=clara_id)
        self.phone = self.site.device("phone", "Kitchen", apartment_id=flat)
        for door in (self.front, self.back):
            self.site.buttons(door, [self.app, self.phone])
        for client in (self.anna, self.bob, self.clara):
            client.put("/me/quiet", {"items": [], "missed_mail": True})
        server.until_known()

    def missed(self, door, *, seen=False):
        """A bell that nobody answers; its call. seen: once the camera's picture is there."""
        page = AppLive(self.anna)
        with contextlib.closing(door.ua()) as ua:
            known = self.server.metrics()["vestibule_camera_pictures_total"]
            dialog = ua.dial("1")
            call = page.hears("ring")["call"]
            if seen:
                self.server.until_metric("camera_pictures_total", lambda n: n > known)
            ua.cancel(dialog)
            ua.ended(dialog, code=487)
        page.close()
        return call

    def until_over(self, call):
        """In the history, where a call comes a moment after it began."""
        until("the end of the call", lambda: any(
            c["id"] == call and c["ended_at"] for c in self.site.calls()))

    def picture(self, client, call):
        """Status and body."""
        return ask(client, "GET", f"/app/calls/{call}/picture")

    def close(self):
        self.gate.stop()


def ask(client, method, path, body=None, kind=None):
    connection = client.connection()
    headers = {"Cookie": client.cookie(), **({"Content-Type": kind} if kind else {})}
    with contextlib.closing(connection):
        connection.request(method, "/api/v1" + path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()


@contextlib.contextmanager
def house(**more):
    with post("plain", "--ring-s", "60") as (server, smtp):
        home = House(server, server.where, **more)
        try:
            yield home, smtp
        finally:
            home.close()


def missed_mails(smtp, *recipients, seconds=30.0):
    """Those of a missed call, by recipient."""
    def found():
        mails = {m["To"]: m for m in map(message, smtp.mails()) if "issed call" in m["Subject"]}
        return mails if mails.keys() >= set(recipients) else None
    return until(f"mails to {recipients}", found, seconds)


def expect_no_picture(m):
    types = [p.get_content_type() for p in m.walk()]
    expect(types == ["multipart/alternative", "text/plain", "text/html"], types)
    expect("<img" not in m.get_body().get_content(), m.get_body().get_content())


def expect_picture(m, jpeg):
    """In the HTML, under its name, and whole."""
    types = [p.get_content_type() for p in m.walk()]
    expect(types == ["multipart/alternative", "text/plain", "multipart/related", "text/html",
                     "image/jpeg"], types)
    expect(not any(p.defects for p in m.walk()), [p.defects for p in m.walk()])
    *_, html, picture = m.walk()
    expect(picture.get_content_disposition() == "inline", picture.items())
    expect(picture.get_content() == jpeg, "another picture")
    shown = re.search(r'<img src="cid:([^"]+)" alt="([^"]+)" width="(\d+)" height="(\d+)"',
                      html.get_content())
    expect(shown and f"<{shown[1]}>" == picture["Content-ID"], html.get_content())
    expect(shown[2] == "Picture from the door", shown[2])
    expect((int(shown[3]), int(shown[4])) == (518, 388), shown[0])


@test
def a_missed_call_brings_its_picture():
    """What the door's camera saw is in the mail of whose app was rung, and in nobody else's"""
    with house() as (home, smtp):
        call = home.missed(home.front, seen=True)
        mails = missed_mails(smtp, "anna@example.org", "bob@example.org")
        status, jpeg = home.picture(home.anna, call)
        expect(status == 200, f"{status}: the call has no picture")
        expect_picture(mails["anna@example.org"], jpeg)
        expect_no_picture(mails["bob@example.org"])
        expect(home.picture(home.clara, call)[0] == 404, "who was not rung sees it")
        expect("clara@example.org" not in mails, "who was not rung is told")
        expect(max(map(len, smtp.mails()[-1]["data"].splitlines())) <= 78, "long lines")


@test
def a_missed_call_without_a_picture():
    """Of a door without a camera the mail is as it was; what an app gives soon afterwards is in it"""
    with house() as (home, smtp):
        call = home.missed(home.back)
        expect_no_picture(missed_mails(smtp, "anna@example.org")["anna@example.org"])
        expect(home.picture(home.anna, call)[0] == 404, "a picture from nowhere")
        jpeg = home.gate.ask("GET", "/api/camera/snapshot?width=640&height=480").data
        smtp.file.unlink()
        call = home.missed(home.back)
        home.until_over(call)
        status, said = ask(home.anna, "PUT", f"/app/calls/{call}/picture", jpeg, "image/jpeg")
        expect(status == 204, said)
        expect_picture(missed_mails(smtp, "anna@example.org")["anna@example.org"], jpeg)


@test
def a_quiet_night_has_its_picture():
    """Where the only app keeps quiet the call is over at once; its picture comes after it, for the mail"""
    with house() as (home, smtp):
        home.anna.put("/me/quiet", {"items": [{"days": 127, "from_minute": 0, "until_minute": 1440}],
                                    "missed_mail": True})
        home.site.buttons(home.front, [home.app])
        home.site.device("phone", "Attic") # what is before it in the feed is known with it
        home.server.until_known()
        with contextlib.closing(home.front.ua()) as ua:
            ua.ended(ua.dial("1"), code=480)
        mail = missed_mails(smtp, "anna@example.org")["anna@example.org"]
        call, = home.site.calls()
        expect(call["result"] == "failed" and call["picture_at"] >= call["ended_at"], call)
        expect_picture(mail, home.picture(home.anna, call["id"])[1])


@test
def an_answered_call_keeps_no_picture():
    """What the camera saw is forgotten once somebody answers"""
    with house() as (home, _):
        page = AppLive(home.anna)
        with contextlib.closing(home.front.ua()) as ua, contextlib.closing(home.phone.ua()) as phone:
            known = home.server.metrics()["vestibule_camera_pictures_total"]
            dialog = ua.dial("1")
            call = page.hears("ring")["call"]
            home.server.until_metric("camera_pictures_total", lambda n: n > known)
            ring = phone.rings()
            phone.answer(ring)
            ua.answered(dialog)
            ua.bye(dialog)
            phone.until_bye(ring)
        page.close()
        home.until_over(call)
        expect(home.site.call(call)["picture_at"] is None, home.site.call(call))
        expect(home.picture(home.anna, call)[0] == 404, "a picture of an answered call")


@test
def what_is_no_picture_breaks_no_mail():
    """A picture that broke in the database, or grew, is left out of the mail that is tried again"""
    for jpeg in (b"\xff\xd8\xff\xe0broken", b"\xff\xd8" + bytes(1024 * 1024)):
        with house(anna="greylist@example.org") as (home, smtp):
            until("the mails before", lambda: not home.server.admin.all("/mails?state=waiting"))
            smtp.file.with_suffix(".seen").unlink(missing_ok=True) # that was an invitation
            home.missed(home.front, seen=True)
            mail = until("the first try", lambda: next(
                (m for m in home.server.admin.all("/mails?state=waiting")
                 if m["template"] == "missed_call" and m["tries"] == 1), None))
            with contextlib.closing(sqlite3.connect(home.server.where / "data/vestibule.db", 30)) as db, \
                    db:
                expect(db.execute("UPDATE call_picture SET jpeg = ?", (jpeg,)).rowcount == 1, "none")
            expect_no_picture(missed_mails(smtp, "greylist@example.org", seconds=60)
                              ["greylist@example.org"])
            home.server.until_state(mail["id"], "sent")


@test
def answers_come_by_mail():
    """An answer to a ticket's mail joins its conversation; what is no answer bounces"""
    with post("plain", "--ticket-mail", TICKETS) as (server, smtp):
        site = Site(server, "House")
        rosa_id, rosa = user(server, site, "rosa@example.org")
        path = f"/sites/{site.id}/tickets/" + rosa.post(f"/sites/{site.id}/tickets", {
            "subject": "The bell", "text": "It is mute.", "with_context": False})["id"]

        def answer_address(to, word):
            """Where an answer to the newest mail about it goes, as its reader's program would have it."""
            found = until(f"a mail of {word} to {to}", lambda: [
                m for m in map(message, smtp.mails()) if m["To"] == to and word in m.as_string()])
            return found[-1]["Reply-To"].addresses[0].addr_spec

        texts = lambda: [m["text"] for m in rosa.get(path)["messages"]]
        to_staff = answer_address(ADMINISTRATOR[0], "mute")
        expect(to_staff.startswith("tickets+") and to_staff.endswith("@example.com"), to_staff)
        status, said = pipe(server, to_staff, "Does it light up?\n\nOn Monday, Rosa wrote:\n> It is mute.",
                            sender=ADMINISTRATOR[0].upper())
        expect(status == 0, said)
        expect(texts() == ["It is mute.", "Does it light up?"], texts())
        expect(rosa.get(path)["state"] == "answered", rosa.get(path))
        to_rosa = answer_address("rosa@example.org", "light up")
        expect(to_rosa != to_staff, to_rosa)
        status, said = pipe(server, to_rosa.upper(), "No. Café closed?", sender="rosa@example.org")
        expect(status == 0, said)
        expect(texts()[2:] == ["No. Café closed?"] and rosa.get(path)["state"] == "open", rosa.get(path))

        local, _, domain = to_rosa.partition("@")
        forged = local[:-1] + ("0" if local[-1] != "0" else "1") + "@" + domain
        other = re.sub(r"\.\d+\.(?=[0-9a-f]{20}@)", ".1.", to_rosa) # the administrator's number
        for recipient, sender, more, want in (
                (to_rosa, "eve@example.org", {}, os.EX_NOPERM),
                (forged, "rosa@example.org", {}, os.EX_NOUSER),
                (other, ADMINISTRATOR[0], {}, os.EX_NOUSER),
                (TICKETS, "rosa@example.org", {}, os.EX_NOUSER),
                ("x" * 5000, "rosa@example.org", {}, os.EX_NOUSER),
                (to_rosa, "rosa@example.org", {"kind": "text/html"}, os.EX_DATAERR),
                (to_rosa, "", {}, os.EX_DATAERR),
                (to_rosa, "rosa@example.org", {"headers": "Auto-Submitted: auto-replied\r\n"}, 0)):
            status, said = pipe(server, recipient, "I am away.", sender=sender, **more)
            expect(status == want and bool(said) == bool(want), f"{recipient} {more}: {status} {said}")
        status, said = pipe(server, to_rosa, "x" * 5000, sender="rosa@example.org")
        expect(status == os.EX_DATAERR and "too long" in said, f"{status} {said}")
        elsewhere = Site(server, "Elsewhere") # where she stays a user
        server.admin.post(f"/sites/{elsewhere.id}/users", {"name": "Rosa", "role": "site_user",
                                                           "email": "rosa@example.org"})
        server.admin.delete(f"/sites/{site.id}/users/{rosa_id}")
        status, said = pipe(server, to_rosa, "Am I still heard?", sender="rosa@example.org")
        expect(status == os.EX_NOPERM, f"who has left writes on: {status} {said}")
        expect(len(server.admin.get(path)["messages"]) == 3, server.admin.get(path))


def node(server):
    """Another vestibuled with the first one's settings and key, on ports of its own."""
    media = free_port(100)
    process = Process("node", [
        server.program, "--data", server.where / "data", "--http", f"127.0.0.1:{free_port()}", "--sip",
        f"127.0.0.1:{free_port()}", "--portal", server.portal, "--media-ports",
        f"{media}-{media + 99}", *server.options], server.where)
    process.until_output("ready http", 30)
    return process


def refused(where, options):
    ran = subprocess.run(
        [os.environ.get("VESTIBULED", TOP / "build/src/vestibuled"), "--data", where / "data", "--http",
         f"127.0.0.1:{free_port()}", "--sip", f"127.0.0.1:{free_port()}", "--portal", where,
         *map(str, options)], capture_output=True, text=True, timeout=60)
    expect(ran.returncode == 1, f"{options} are taken")
    return ran.stderr


lib.main()
