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
// What a function wrote that was killed, by its deadline or for want of memory, is no whole: the attempt has no result, however
// much came, and a task that reads from it finds its stream broken. A chunk's task whose time was up has one, as it can be halved.
//
// No call of Lambda stops an invocation, and one whose client has gone goes on. So an attempt that is cancelled, or lost,
// gets a mark in the store that its function looks for. The function removes the mark when it has stopped, which is how the
// runner knows that no late write will come; a function that is gone is known to be by its deadline.
//
// A task runs with the client's own programs: those of its stages and those among its artifacts, with the libraries,
// loaders, interpreters, locales and the time zone that they need, see package ship. In its working directory, which is empty
// otherwise, it sees what its words and artifacts name of the client's. An artifact that is named by a path from the working
// directory on is read, and there byte for byte; others may be run, and are changed so that they can, see package relocate. Names
// from the root on mean the client's for the command of a stage and on PATH; elsewhere they mean the function's files.
// All is stored once and kept by warm functions. A program for another processor than the function's is refused; one that the
// client does not have is the function's. What the tasks of a run have in common is looked for once in the run.
//
// # The wire
//
// Lambda takes and gives JSON, and shell strings are bytes. Request and response are JSON objects:
//
//	{"sshell": 5, "body": "…"}
//
// sshell is the version, body is a Request or a Response as plan.Marshal writes it (CBOR), in base64. A function that does
// not know the version answers in its own, with no body and an error:
//
//	{"sshell": 6, "error": "…"}
//
// The function answers by a response stream of frames: a kind of one byte, a size in six hexadecimal digits, and as many
// bytes. They are output as it comes (see Live), and at last the response.
//
// Standard input of up to InlineMax bytes is in the task. More is a stream of the transport, and so is output after its first
// LiveMax bytes. What many tasks share (the snapshot, the environment), and what a payload cannot hold, is a Part: an object
// under its SHA-256, stored once. A mark also tells the function that the reader of an output has left.
//
// # What is stored
//
// Keys begin with tmp/<run>/: parts/<digest> for parts, cancel/<call> for a mark, heard/<call> while the client reads
// the call's streams, without which the function makes none, returned/<call> for files that a task gives back, and
// pipes/<call>/0, 1 and 2 for the streams of the descriptors. A call is one call of Run. Run removes these, or Close
// for calls that were lost; parts serve the whole run, and End removes them. A run that a task starts has an id that
// begins with its task's run's and a dot; who started it removes what it stored, and End does where that could not be,
// since its function was killed, stopped or lost. Artifacts belong to no run, and stay. Objects that a task's Output
// names, below tasks/ as package flow has it, and streams between two tasks, are of whoever named them, who removes
// them too.
package lambda
