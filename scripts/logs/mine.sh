#!/usr/bin/env sshell
# mine.sh LOG…: what a dpkg log says, mined on every core. CHUNK is the size of a chunk.
here=$(dirname "$0")
split -b "${CHUNK:-64K}" "$@" | parmap "$here/worker" | reduce "$here/report"
