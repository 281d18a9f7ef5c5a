"""What the wire tests and the SIP benchmark share. Python's standard library only.

Every process lives in a temporary folder of its own and is ended by its own id. Nothing waits for
a fixed time: `until` polls a condition against a deadline, and says what it waited for.
"""
import contextlib
import fcntl
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
POLL_S = 0.02
PORTS = 10000, 14000, 32768 # from where single ones are, from where long runs are, and the end
LONG_RUN, LONGEST_RUN, LONG_GRAIN = 40, 1000, 20 # ports
PORTS_S = 120
# Under AddressSanitizer, and on a machine that is busy otherwise, everything takes longer.
SLOW = float(os.environ.get("VESTIBULE_TEST_SLOW", "1"))


class Failed(Exception):
    """A test's expectation did not hold."""


class Skipped(Exception):
    """A test cannot run here; the text says what is missing."""


def until(what, condition, seconds=10.0):
    """Polls until `condition` gives something true and returns it; fails naming `what`."""
    deadline = time.monotonic() + seconds * SLOW
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failed(f"waited {seconds * SLOW:g} s for {what}")
        time.sleep(POLL_S)


def expect(condition, text):
    if not condition:
        raise Failed(text)


# A port is found free long before its server binds it. Until this process ends, no other test takes
# what it took: a byte of the file stands for each port, and the file for all of this user's suites,
# wherever each has its temporary files. Tests in C have their part of it (tests/unit/ports.h).
_taken = set()
_ports = open(f"/tmp/vestibule-test-ports.{os.getuid()}", "ab")


def _take(first, count):
    if not _taken.isdisjoint(range(first, first + count)):
        return False
    try:
        fcntl.lockf(_ports, fcntl.LOCK_EX | fcntl.LOCK_NB, count, first)
    except OSError:
        return False
    _taken.update(range(first, first + count))
    return True


def _give_back(first, count):
    fcntl.lockf(_ports, fcntl.LOCK_UN, count, first)
    _taken.difference_update(range(first, first + count))


def _is_free(port, kinds=(socket.SOCK_DGRAM, socket.SOCK_STREAM)):
    for kind in kinds:
        with socket.socket(socket.AF_INET, kind) as s:
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


def _places(step):
    """Where a run may begin, in the order in which it is tried. A single port is anywhere, so that
    what was closed just now is left alone. Long runs have a part of the ports to themselves, where
    they stand close together, the longest from the other end: strewn at random, those of several
    suites would leave no room for one of thousands."""
    if step < LONG_RUN:
        places = list(range(PORTS[0], PORTS[1] - step, 2))
        at = random.randrange(len(places))
        return places[at:] + places[:at]
    places = range(PORTS[1], PORTS[2] - step, LONG_GRAIN)
    return places if step < LONGEST_RUN else reversed(places)


def _find(step):
    """Taken before it is tried: nobody else tries it meanwhile."""
    for at in _places(step):
        if not _take(at, step):
            continue
        if all(_is_free(port) for port in range(at, at + step)):
            return at
        _give_back(at, step)
    return None


def free_port(step=1):
    """A port, an even one, whose `step` neighbours from it on are free for UDP and TCP, below the
    range from which the system gives ports to clients; nobody else's until this process ends. When
    other suites have them all, it waits for one to end."""
    return until(f"{step} free ports in a row", lambda: _find(step), PORTS_S)


@contextlib.contextmanager
def folder():
    """A temporary folder, gone afterwards; VESTIBULE_TEST_KEEP leaves it for a look."""
    path = Path(tempfile.mkdtemp(prefix="vestibule-wire."))
    try:
        yield path
    finally:
        if os.environ.get("VESTIBULE_TEST_KEEP"):
            print(f"# kept {path}", flush=True)
        else:
            shutil.rmtree(path, ignore_errors=True)


class Process:
    """A program with its output in a file, ended with everything that it started."""

    def __init__(self, name, argv, where, env=None):
        self.name = name
        self.log = Path(where) / f"{name}.log"
        self.file = open(self.log, "wb")
        self.popen = subprocess.Popen(
            [str(a) for a in argv], cwd=where, stdin=subprocess.DEVNULL, stdout=self.file,
            stderr=subprocess.STDOUT, env=dict(os.environ, **(env or {})), start_new_session=True)
        self.pid = self.popen.pid

    def output(self):
        return self.log.read_text(errors="replace")

    def tail(self, lines=15):
        return "\n".join(self.output().splitlines()[-lines:])

    def running(self):
        return self.popen.poll() is None

    def until_output(self, text, seconds=10.0):
        def seen():
            if text in self.output():
                return True
            if not self.running():
                raise Failed(f"{self.name} ended ({self.popen.returncode}):\n{self.tail()}")
            return False
        try:
            until(f"{self.name} to say {text!r}", seen, seconds)
        except Failed as e:
            raise Failed(f"{e}\n{self.tail()}") from None

    def wait(self, seconds=30.0):
        """The exit status."""
        try:
            return self.popen.wait(seconds * SLOW)
        except subprocess.TimeoutExpired:
            raise Failed(f"{self.name} still runs after {seconds * SLOW:g} s:\n{self.tail()}") \
                from None

    def signal(self, number):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def kill(self):
        self.signal(signal.SIGKILL)
        self.popen.wait()

    def stop(self, seconds=10.0):
        """TERM, then KILL for what does not listen; returns the exit status."""
        if self.running():
            self.signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.popen.wait(seconds * SLOW)
        self.signal(signal.SIGKILL) # children that stayed behind
        self.popen.wait()
        self.file.close()
        return self.popen.returncode

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def family(pid):
    """The process and all its descendants."""
    children = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            after = stat.read_text().rpartition(")")[2].split()
            children.setdefault(int(after[1]), []).append(int(stat.parent.name))
    found, todo = [], [pid]
    while todo:
        found.append(todo.pop())
        todo += children.get(found[-1], [])
    return found


def cpu_seconds(pid):
    """User and system seconds that a process and its descendants have used."""
    ticks = 0
    for p in family(pid):
        with contextlib.suppress(OSError):
            after = Path(f"/proc/{p}/stat").read_text().rpartition(")")[2].split()
            ticks += int(after[11]) + int(after[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def resident_bytes(pid):
    """Resident memory of a process and its descendants; what they share counts once (PSS)."""
    total = 0
    for p in family(pid):
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{p}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
    return total


# ---------------------------------------------------------------------------------------- SIPp

def csv(path, rows, order="SEQUENTIAL"):
    """A file for SIPp's -inf."""
    Path(path).write_text(order + "\n" + "".join(";".join(map(str, r)) + ";\n" for r in rows))
    return path


def digest_row(user, password, *more):
    """A row for scenarios whose [field0] is the user and [field1] the answer to a challenge. SIPp
    takes a value that begins with 0x for bytes in hexadecimal, and one password in 62*62 does."""
    return (user, f"[authentication username={user} password=0x{password.encode().hex()}]", *more)


class Sipp(Process):
    """SIPp with a scenario. `words` replace @NAME@ in the scenario's text."""

    def __init__(self, where, name, scenario, target, *, port=None, calls=None, rate=10,
                 at_once=None, rows=None, words=None, trace=False, timeout=60, extra=()):
        where = Path(where) / f"sipp-{name}-{time.monotonic_ns()}"
        where.mkdir()
        text = Path(scenario).read_text()
        for key, value in (words or {}).items():
            text = text.replace(f"@{key}@", str(value))
        (where / "scenario.xml").write_text(text)
        self.port = port or free_port()
        self.errors = where / "errors.log"
        self.messages = where / "messages.log"
        argv = ["sipp", f"127.0.0.1:{target}", "-sf", "scenario.xml", "-i", "127.0.0.1",
                "-p", self.port, "-nostdin", "-trace_err", "-error_file", self.errors,
                "-mi", "127.0.0.1", "-mp", free_port(4), "-buff_size", 4 << 20,
                "-timeout", int(timeout * SLOW), "-timeout_error", "-fd", 5]
        if calls:
            argv += ["-m", calls]
        if trace:
            argv += ["-trace_msg", "-message_file", self.messages]
        if rows is not None:
            argv += ["-inf", csv(where / "rows.csv", rows)]
        argv += ["-r", rate, "-l", at_once or max(10, rate * 10), *extra]
        super().__init__("sipp", argv, where)

    def until_listening(self):
        until("SIPp's socket", lambda: not _is_free(self.port, (socket.SOCK_DGRAM,))
              or not self.running())
        if not self.running(): # somebody else has the port
            raise Failed(f"SIPp ended ({self.popen.returncode}):\n{self.tail()}")
        return self

    def check(self, seconds=60.0):
        """Waits for the end; fails unless every call of the scenario went well."""
        status = self.wait(seconds)
        if status != 0:
            errors = self.errors.read_text(errors="replace")[-3000:] if self.errors.exists() else ""
            raise Failed(f"SIPp ended with {status}\n{errors}\n{self.tail(40)}")


# ----------------------------------------------------------------------------------------- TAP

_tests = []


def test(function):
    """Marks a test; its first docstring line is the name in the TAP output."""
    _tests.append(function)
    return function


def _run(number, function, arguments):
    name = (function.__doc__ or function.__name__).strip().splitlines()[0]
    try:
        function(*arguments)
    except Skipped as e:
        print(f"ok {number} - {name} # SKIP {e}", flush=True)
        return True
    except Exception as e: # any fault is this test's failure, and the next one still runs
        text = str(e) if isinstance(e, Failed) else traceback.format_exc()
        print(f"not ok {number} - {name}", flush=True)
        # Not as comments of TAP: meson keeps those from the eyes of who reads the failure.
        print("".join(f"# {line}\n" for line in text.splitlines()), file=sys.stderr, flush=True)
        return False
    print(f"ok {number} - {name}", flush=True)
    return True


def main(*arguments):
    """Runs the marked tests, or those whose function is named on the command line."""
    chosen = [t for t in _tests if len(sys.argv) < 2 or t.__name__ in sys.argv[1:]]
    print(f"1..{len(chosen)}", flush=True)
    # A list, so that all run: a failure does not stop the rest.
    good = [_run(i + 1, t, arguments) for i, t in enumerate(chosen)]
    sys.exit(0 if all(good) else 1)
