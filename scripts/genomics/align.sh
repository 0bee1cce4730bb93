#!/usr/bin/env sshell
# align.sh bwa|bowtie2 INDEX READS… >SAM: aligns the reads on every core and writes one SAM with one header.
# Single reads go to bwa mem. bowtie2 takes interleaved pairs, so its chunks hold an even number of reads.
# CHUNK and READS set the size of a chunk, in bytes and in reads.
set -o pipefail
aligner=$1 index=$2
shift 2

case $aligner in
bwa)     split --format fastq -b "${CHUNK:-512K}" "$@" | parmap bwa mem -t 1 -v 1 "$index" - ;;
bowtie2) split --format fastq -r "${READS:-2000}" "$@" | parmap bowtie2 -x "$index" --interleaved - ;;
*)       echo "align.sh: $aligner: unknown aligner" >&2; exit 2 ;;
esac | reduce awk '!/^@/ { body = 1 } !/^@/ || !body'
