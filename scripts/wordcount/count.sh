#!/usr/bin/env sshell
# count.sh FILE…: how often each word occurs in the files, most frequent first. CHUNK is the size of a chunk.
export LC_ALL=C
count() { tr -cs A-Za-z '\n' | tr A-Z a-z | sort | uniq -c; }
add() { awk '$2 != "" { n[$2] += $1 } END { for (w in n) print n[w], w }' | sort -k1,1nr -k2,2; }

split -b "${CHUNK:-1M}" "$@" | parmap count | reduce add
