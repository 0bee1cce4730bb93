// Package ledger owns what happened in a run: which attempts were made, how they ended, how long they took and how
// many bytes went in and out. It keeps totals, never a record per attempt, so that its memory does not grow with the
// number of tasks; who wants every attempt has a [Joblog] written.
//
// What must be found when a run's client was killed is in a store, below ledger/<run>/: an [Upload] for each upload in parts
// that has begun.
//
// A joblog is GNU parallel's: a line of column names, then one line for each task's last attempt, its columns separated
// by tabs, which parallel itself can resume from:
//
//	Seq         the task's number in input order, from 1
//	Host        ':' for this machine, else the target
//	Starttime   seconds since 1970, to the millisecond
//	JobRuntime  seconds, to the millisecond, right-aligned in ten columns
//	Send        bytes of input that the command was given on its standard input
//	Receive     bytes of output
//	Exitval     the exit status; 0 when a signal ended it, -1 when the time ran out
//	Signal      the number of the signal, 0 for none
//	Command     the command as shell source, with newlines as NULs
package ledger
