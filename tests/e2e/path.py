#!/usr/bin/env python3
"""A network namespace, and a path to it that loses and delays packets.

    path.py NAME HERE THERE     the namespace, our address, the one inside

Answers {"ready": true} or {"failed": TEXT}, then obeys lines of JSON, each answered by one, until the
end of its input, which is the end of the namespace too:
    {"loss": 0.2, "jitter_ms": 100}     {"passed": 0, "lost": 0}: since the last order

Both ways alike, whatever the packets carry: each is lost with that chance, and waits for up to that
time, so that later ones overtake it. The packets that are lost are those of one seed. Needs root and
/dev/net/tun, but nothing of the kernel's own disturbers, which many do not have."""
import fcntl
import heapq
import json
import os
import random
import select
import struct
import subprocess
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
PACKET_MAX = 65536
QUEUE_MAX = 10000  # packets under way


def run(*words):
    subprocess.run(words, check=True, capture_output=True, text=True)


def tun_open(name):
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    return fd


def path_open(name, here, there):
    run("ip", "netns", "add", name)
    ends = [tun_open(name + "a"), tun_open(name + "b")]
    run("ip", "link", "set", name + "b", "netns", name)
    for words, dev, own, peer in ((["ip"], name + "a", here, there),
                                  (["ip", "-n", name], name + "b", there, here)):
        run(*words, "addr", "add", own, "peer", peer, "dev", dev)
        run(*words, "link", "set", dev, "up")
    run("ip", "-n", name, "link", "set", "lo", "up")
    return ends


class Path:
    def __init__(self, ends):
        self.ends = ends
        self.loss = self.jitter_ms = 0
        self.passed = self.lost = self.order = 0
        self.random = random.Random(1)
        self.waiting = []  # (due, order, packet, where to)

    def hear(self, end):
        packet = os.read(self.ends[end], PACKET_MAX)
        if self.random.random() < self.loss or len(self.waiting) >= QUEUE_MAX:
            self.lost += 1
            return
        due = time.monotonic() + self.random.random() * self.jitter_ms / 1000
        self.order += 1
        heapq.heappush(self.waiting, (due, self.order, packet, self.ends[1 - end]))

    def send_due(self):
        while self.waiting and self.waiting[0][0] <= time.monotonic():
            _, _, packet, to = heapq.heappop(self.waiting)
            try:
                os.write(to, packet)
                self.passed += 1
            except OSError:
                self.lost += 1

    def obey(self, order):
        said = {"passed": self.passed, "lost": self.lost}
        self.passed = self.lost = 0
        self.loss, self.jitter_ms = order["loss"], order["jitter_ms"]
        return said

    def serve(self):
        while True:
            wait = max(0, self.waiting[0][0] - time.monotonic()) if self.waiting else None
            ready = select.select([*self.ends, sys.stdin], [], [], wait)[0]
            for end in range(2):
                if self.ends[end] in ready:
                    self.hear(end)
            self.send_due()
            if sys.stdin in ready:
                line = sys.stdin.readline()
                if not line:
                    return
                print(json.dumps(self.obey(json.loads(line))), flush=True)


def main():
    name, here, there = sys.argv[1:]
    try:
        ends = path_open(name, here, there)
    except (OSError, subprocess.CalledProcessError) as error:
        print(json.dumps({"failed": getattr(error, "stderr", None) or str(error)}), flush=True)
    else:
        print(json.dumps({"ready": True}), flush=True)
        Path(ends).serve()
    subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)


main()
