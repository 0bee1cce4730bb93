// Package sched hands tasks to a target's Runner: so many at a time, in input order, again where that is right, and no
// more once the run is to stop.
//
//	event                                   answer
//	an attempt is lost                      again, after a pause, until 3 attempts of the task were lost; at once an
//	                                        error if Once is set, since the command may have run
//	the command failed                      again while Tries says so
//	its time ran out                        the same; with Halve the task's halves take its place
//	the command could not be started        a failure of the task; if Same is set and nothing was started before, the
//	                                        run ends, since no task can start
//	any other error of the Runner           the run ends with it
//	Halt's condition is met                 no new tasks; with Now the running ones are cancelled
//	the context ends                        running attempts are cancelled, the run ends with the context's cause
//
// Tasks come from a function that is called only when a slot is free, so that a source of any length is read as it is
// needed, and a task is forgotten when it ended. Time is package time's, which tests replace by testing/synctest.
package sched
