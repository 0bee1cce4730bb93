#!/bin/bash
# sequential.sh FILE…: count.sh with its functions run once, over all files.
export LC_ALL=C
count() { tr -cs A-Za-z '\n' | tr A-Z a-z | sort | uniq -c; }
add() { awk '$2 != "" { n[$2] += $1 } END { for (w in n) print n[w], w }' | sort -k1,1nr -k2,2; }

cat "$@" | count | add
