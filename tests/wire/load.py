"""Buildings full of devices, and SIPp that plays them: what bulk.py and crash.py share.

Each door's first button rings two phones, of which one answers and the other is told that it was
answered elsewhere; the second button rings that other phone alone, until the door gives up. Phones
are on UDP; doors come as the test says.
"""
import lib
from server import Site

SCENARIOS = {name: lib.TOP / "bench/sip" / f"{name}.xml"
             for name in ("register", "door", "answers", "rings")}
SCENARIOS["gives-up"] = lib.HERE / "sipp/gives-up.xml"
RING_MS = 100


class Estate:
    """Sites with doors and as many pairs of phones."""

    def __init__(self, server, sites, doors):
        self.server = server
        self.doors, self.answers, self.rings = [], [], []
        self.sites = [Site(server, f"Block {i}") for i in range(sites)]
        self.rings_of = {} # by door: the phone that answers, the one that only rings
        for site in self.sites:
            for i in range(doors):
                door = site.device("intercom", f"Door {i}")
                answers, rings = (site.device("phone", f"{n} {i}") for n in ("Answers", "Rings"))
                site.buttons(door, [answers, rings], [rings])
                self.rings_of[door.id] = (answers.id, rings.id)
                for some, device in ((self.doors, door), (self.answers, answers),
                                     (self.rings, rings)):
                    some.append(device)
        server.until_known()

    def devices(self):
        return self.doors + self.answers + self.rings

    def calls(self):
        """Of all sites."""
        return [call for site in self.sites for call in site.calls()]


def rows(devices, count=None):
    """A row per device for SIPp, from the start again up to `count`."""
    return [lib.digest_row(devices[i % len(devices)].user, devices[i % len(devices)].password)
            for i in range(count or len(devices))]


def register(where, server, devices, *, port=None, tcp=False):
    """All of them register once."""
    lib.Sipp(where, "register", SCENARIOS["register"], server.sip, port=port, rows=rows(devices),
             calls=len(devices), rate=100, at_once=50, timeout=120,
             extra=("-t", "tn", "-max_socket", "200") if tcp else ()).check(120)


def phones(where, server, *, answer_port, ring_port):
    """SIPp as all phones: a list of the two processes, listening."""
    return [lib.Sipp(where, kind, SCENARIOS[kind], server.sip, port=port, words={"RING": RING_MS},
                     at_once=10000, timeout=600).until_listening()
            for kind, port in (("answers", answer_port), ("rings", ring_port))]


def doors(where, server, devices, count, *, rate, talk_ms=200, button=1, tcp=False):
    """SIPp as doors that press button 1 and talk, or button 2 and give up: the process."""
    return lib.Sipp(where, f"door{button}", SCENARIOS["door" if button == 1 else "gives-up"],
                    server.sip, rows=rows(devices, count), calls=count, rate=rate, at_once=count,
                    words={"TALK": talk_ms}, timeout=600,
                    extra=("-auth_uri", f"{button}@127.0.0.1:{server.sip}",
                           *(("-t", "t1") if tcp else ())))
