// Package lambda runs tasks in functions of AWS Lambda. Its Runner is a remote.Runner: a task is one synchronous
// invocation, and what does not fit into it travels through an object store. Package handler is the other side.
//
// # What is promised
//
// A command runs at most once for each call of Run, unless Lambda itself delivers an invocation twice: nothing below Run
// repeats a request that may have been taken. One that was refused because the function is busy or being updated was
// not taken, and is made again until it is, or for throttlePatience. An attempt that nobody answered for is
// remote.ErrLost; one that cannot succeed is a *remote.NotStartedError whose line says what to do.
//
// No call of Lambda stops an invocation, and one whose client has gone goes on. So an attempt that is cancelled, or lost,
// gets a mark in the store that its function looks for. The function removes the mark when it has stopped, which is how the
// runner knows that no late write will come; a function that is gone is known to be by its deadline.
//
// A task sees the programs and files that the function has, and in its working directory, which is empty otherwise, what it
// names of the client's: its artifacts and the programs of its stages, as far as they are below the client's working
// directory. They are stored once and kept by warm functions, see package ship. A program for another processor than
// the function's is refused. What a program needs from elsewhere (its interpreter, its libraries) is the function's.
//
// # The wire
//
// Lambda takes and gives JSON, and shell strings are bytes. Request and response are one JSON object each:
//
//	{"sshell": 2, "body": "…"}
//
// sshell is the version, body is a Request or a Response as plan.Marshal writes it (CBOR), in base64. A function that does
// not know the version answers in its own, with no body and an error:
//
//	{"sshell": 3, "error": "…"}
//
// Standard input of up to InlineMax bytes is in the task, and as much of each output in the response. More, or output of a
// command that goes on, is a stream of the transport. What many tasks share (the snapshot, the environment), and what a
// payload cannot hold, is a Part: an object under its SHA-256, stored once.
//
// # What is stored
//
// Keys begin with tmp/<run>/: parts/<digest> for parts, cancel/<call> for a mark, and pipes/<call>/0, 1 and 2 for the streams of
// the descriptors. A call is one call of Run. Run removes its streams and marks, or Close does for those that were
// lost; parts serve the whole run, and End removes them. Artifacts belong to no run, and stay. Objects that a task's Output
// names, and streams between two tasks, are of whoever named them, who removes them too.
package lambda
