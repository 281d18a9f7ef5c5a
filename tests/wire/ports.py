#!/usr/bin/env python3
"""Holds runs of free ports for a test that is not in Python, until its input ends: `ports.py 1 1000`
prints where each begins."""
import sys

import lib

print(*(lib.free_port(int(n)) for n in sys.argv[1:]), flush=True)
sys.stdin.read()
