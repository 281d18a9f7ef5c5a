"""Reads the PNG files of baresip: eight bits a channel, RGB or RGBA, not interlaced."""
import struct
import zlib
from pathlib import Path

from lib import expect


def _paeth(a, b, c):
    p = a + b - c
    near = min(abs(p - a), abs(p - b), abs(p - c))
    return a if near == abs(p - a) else b if near == abs(p - b) else c


def _unfilter(kind, line, above, step):
    for i, value in enumerate(line):
        left = line[i - step] if i >= step else 0
        corner = above[i - step] if i >= step else 0
        guess = (0, left, above[i], (left + above[i]) // 2, _paeth(left, above[i], corner))[kind]
        line[i] = (value + guess) & 0xff
    return line


class Picture:
    def __init__(self, path):
        data, at, packed = Path(path).read_bytes(), 8, b""
        while at < len(data):
            size, kind = struct.unpack_from("!I4s", data, at)
            if kind == b"IHDR":
                self.width, self.height, depth, colour = struct.unpack_from("!IIBB", data, at + 8)
                expect(depth == 8 and colour in (2, 6), f"PNG of depth {depth}, colour {colour}")
            elif kind == b"IDAT":
                packed += data[at + 8:at + 8 + size]
            at += size + 12
        self.step = 3 if colour == 2 else 4
        raw, wide = zlib.decompress(packed), self.width * self.step
        self.lines = [bytearray(wide)]
        for y in range(self.height):
            line = bytearray(raw[y * (wide + 1) + 1:(y + 1) * (wide + 1)])
            self.lines.append(_unfilter(raw[y * (wide + 1)], line, self.lines[-1], self.step))
        del self.lines[0]

    def pixel(self, x, y):
        """Red, green, blue."""
        return tuple(self.lines[y][x * self.step:x * self.step + 3])
