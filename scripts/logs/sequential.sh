#!/bin/bash
# sequential.sh LOG…: mine.sh with its two programs run once, over all logs.
here=$(dirname "$0")
cat "$@" | "$here/worker" | "$here/report"
