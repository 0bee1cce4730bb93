#!/usr/bin/python3
"""As worker.sh."""
import sys

for i, line in enumerate(sys.stdin):
    line = line.rstrip("\n")
    if i % 4 == 0:
        name = line[1:]
    elif i % 4 == 1:
        print(name, len(line), line.count("G") + line.count("C"), sep="\t")
