#!/bin/bash
# sequential.sh bwa|bowtie2 INDEX READS… >SAM: the commands of align.sh, once, over all reads.
set -o pipefail
aligner=$1 index=$2
shift 2

case $aligner in
bwa)     cat "$@" | bwa mem -t 1 -v 1 "$index" - ;;
bowtie2) cat "$@" | bowtie2 -x "$index" --interleaved - ;;
*)       echo "sequential.sh: $aligner: unknown aligner" >&2; exit 2 ;;
esac
