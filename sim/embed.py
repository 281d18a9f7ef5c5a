"""Prints a text file as a C string literal. Usage: embed.py FILE"""
import sys

for line in open(sys.argv[1], encoding="utf-8"):
    print('"' + "".join(
        c if 32 <= ord(c) < 127 and c not in '"\\' else
        "".join(f"\\{b:03o}" for b in c.encode()) for c in line) + '"')
