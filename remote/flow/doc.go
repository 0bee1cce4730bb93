// Package flow turns a segment into a graph of tasks and runs it: it implements plan.Segments and plan.Explainer.
//
// A segment's stages are grouped into units, which run beside each other, joined by kernel pipes:
//
//	split … | parmap …                one unit: split names chunks, which the tasks of parmap read themselves
//	parmap …                          a task for each value of its input, or with --pipe for each chunk
//	parmap … | reduce --tree …        the tasks' outputs are reduced by more tasks, level by level
//	parmap … | reduce --by KEYS …     their lines are dealt out to tasks by key
//	any other stage                   one task, with those of its neighbours that run in the same way
package flow
