#!/bin/bash
# A line for each read of a FASTQ file: its name, its length, how many of its bases are G or C.
while read -r name && read -r bases && read -r _ && read -r _; do
	gc=${bases//[!GC]/}
	printf '%s\t%d\t%d\n' "${name#@}" ${#bases} ${#gc}
done
