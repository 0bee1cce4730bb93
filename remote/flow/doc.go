// Package flow turns a segment into a graph of tasks and runs it: it implements plan.Segments and plan.Explainer.
//
// A segment's stages are grouped into units, which run beside each other, joined by kernel pipes:
//
//	split … | parmap …            one unit: split names chunks, which the tasks of parmap read themselves
//	parmap …                      a task for each value of its input, or with --pipe for each chunk
//	parmap … | reduce --tree …    the tasks' outputs are reduced by more tasks, level by level
//	parmap … | reduce --by KEYS … their lines are dealt out to tasks by key
//	any other stage               one task, with those of its neighbours that can be fused with it
//
// # COMMAND
//
// What COMMAND names goes with its tasks to a target that does not see this machine's files: the programs that it calls,
// those that functions of the script's call, and the files that its words are, or match as
// patterns on the client, up to 1,000 files and 64 MiB. --with names the rest.
//
// COMMAND as one word is shell source; as several words it is an argument vector, or source if its first word is a function
// of the script's or a word that only a shell runs. Source that is a single program with literal arguments is started
// as such, without a shell. Replacement strings are GNU parallel's: {} {.} {/} {//} {/.} {#} {%}, {N} and {N.} and so on, N
// from 1, negative from the last; if there is none {} is added. What they stand for is data, never source: source is parsed
// once, and each value is written as the place where it stands demands, within '…', "…", $'…', a here-document, and so
// on. ${1} and the like are the shell's own. A value that cannot stand where it should, such as one that is no number
// within $((…)), fails its task.
//
// # Options
//
// Options of parmap, with GNU parallel's meaning and syntax; where ours differ it is said.
//
//	-j N  --jobs          tasks at a time: N, +N, -N, N% of the cores, 0 for as many as possible (1000 here)
//	-k  --keep-order      the default; with --line-buffer, lines of the first task as they come
//	-u  --ungroup         tasks write to the output themselves
//	--line-buffer         lines as they come, of any task
//	--tag  --tagstring    a tag before each line
//	-n N  -N N            N values for each task; with --pipe, -N records in each chunk
//	-a FILE  ::: :::: :::+ ::::+   sources of values; standard input if there is none
//	-0  -d C  --colsep RE  --trim  -I STRING  -r   how values are read; RE is in Go's syntax
//	--retries N  --timeout T  --halt WHEN,WHY
//	--joblog FILE  --resume  --resume-failed  --results DIR
//	--dry-run  --bar  --eta   the latter two on a terminal only
//	--pipe  --block SIZE  --format --record --recstart --recend   chunks of standard input; expressions as split's
//	--env --memory --with --return --isolate --on   where and how tasks run
//	--strict              no output at all if a task failed: an object stays what it was, a file is what the shell's > made of it, empty
//	--halve               a chunk whose time ran out is cut at a record, and both halves run
//	--procs N             N copies of COMMAND in one place, such as a function, for its processors: N tasks for each place that -j
//	                      counts. Each task has its own input, output, environment, status and attempts; its place's memory, working
//	                      directory and files are theirs together, but for tasks with --return. This machine is one place
//	--max-tasks N         no more tasks than N, with all that they start themselves
//	--role-var NAME       NAME says in the environment what SSHELL_ROLE does
//
// Standard input of a task without a chunk is /dev/null, for the first one too.
//
// # How many tasks
//
// SSHELL_MAX_TASKS bounds the tasks of a run, and --max-tasks those of a parmap, all included that tasks start in their turn. What is
// left when the number of a stage's tasks is known is divided over them, and each finds its share as SSHELL_MAX_TASKS: so the sum stays
// below the bound without anybody being asked, and a task may be refused more where others have not used theirs. What a function says it
// has not used of its task's is free again when the task has ended. Tasks for a
// stream's chunks or values, whose number nobody knows, and those of reduce have no share. A segment that would pass
// the bound fails before it does, with 125. Another attempt at a task is no other task, nor are halves, nor is what joins outputs.
//
// # Output
//
// Outputs come in input order, each whole. The first task's is passed on as it comes, unless it may have to be taken back:
// with --retries, --halve and --strict. Where its attempt is lost, the next one's may only go on where that ended: it must begin
// with the same bytes, which is known by their digest, or else the segment fails. All others wait, the first 64 KiB of each
// and 16 MiB of all in memory, the rest in one file without a name in the system's folder for such files. No task is
// started while more than 4 GiB wait, or 100,000 tasks; --strict and a reduce in the unit hold back as much as there is. An
// output ends when the last process that has it open closes it, as in any pipe.
//
// On a target that is a remote.Storer outputs that tasks or a stored object wait for are objects, which do not pass through this
// process: between two tasks with different limits goes a stream, a task behind parmap reads the outputs as they are
// committed, parmap --pipe behind another stage cuts its chunks of what was committed while others still write (of csv,
// and by numbers of records, when that has ended; a task that does not end is never committed), reduce --tree and --by read what the
// tasks stored, and the object that the segment's standard output is (plan.ObjectOutput) is put together of the tasks' while they
// come: the store copies them as the parts of one upload, short ones joined by tasks first, and whoever made the output
// completes it. The upload is in the run's ledger before its first part, and is aborted when the segment fails. Output with --tag,
// -u, --line-buffer or --results, and values for parmap, go through this process. The objects are below tmp/<run>/tasks/ of the
// target's bucket, or of that of the object that they become, and are removed when they have been copied, at the end of the
// segment, or by whoever completes the object.
//
// A stage that was lost is made again, unless --once says not, if nothing of it was heard or its output is stored, and its input
// is a file, stored, or so short that it went with it. What reads from a unit that failed is stopped before the end of its input.
//
// Standard error is passed on as it comes; where it is the same pipe or file as standard output, it is a part of the
// output. A reader that leaves ends the run as soon as there is output that it will never read.
//
// # Statuses
//
//	0          every task succeeded
//	1 to 100   so many tasks failed; 101: more
//	as the task's own     with --halt soon,fail=1 or now,fail=1
//	percent    of failed tasks, with --halt …=N%; 0 if success=N was met
//	125        the words are wrong, the input cannot be read or split, the output cannot be written, or the machinery
//	           failed; the line on standard error says which. Every stage of the segment that has not ended has it
//	126, 127   no task could start: COMMAND cannot be executed, or is not found
//	141        the reader left
//
// A task's own status is its last stage's; 128 and the number of the signal that ended it, 124 if its time ran out. The
// status of reduce --tree and --by is the last task's, or if that is 0 the first one's that failed.
package flow
