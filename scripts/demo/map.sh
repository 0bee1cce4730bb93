#!/usr/bin/env sshell
# The main job: map.sh READS RESULT. Chunks of whole reads go to the workers, their counts come back in order.
split --format fastq -b 32K "$1" | parmap ./worker | ./reduce > "$2"
