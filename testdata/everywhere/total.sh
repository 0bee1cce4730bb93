#!/bin/bash
# How many reads, bases, and Gs and Cs the lines of the workers have, and the last read.
while IFS=$'\t' read -r name length gc; do
	((reads++, bases += length, all += gc))
	last=$name
done
echo "$((reads)) reads, $((bases)) bases, $((all)) GC, last $last"
