// Package agent takes a segment across a process boundary: Client is a plan.Segments and plan.Explainer in the shell, with
// its Files a plan.Files, and Serve answers it in the agent, a process that holds the connections which the shell must not pay for at its start. No
// byte of the segment's data passes between the two: the agent gets the segment's own descriptors.
//
// # The agent's life
//
// The first segment starts the agent; all later ones, many at once, share it, so that its connections are warm. It lives as
// long as the Client's process and ends with it, by SIGKILL too: its end of the socket reports the end of the other, and on
// Linux the kernel sends it SIGTERM. (Not SIGKILL: what its segments stored elsewhere is removed first, for which it has
// ten seconds.) It is in a session of its own, so that neither Ctrl-C nor the terminal's end reaches it, and has nothing of
// the shell's but its working directory: its standard input and output are /dev/null, its standard error is a pipe to
// the Client, which quotes it when the agent dies, and every other descriptor is closed. A segment's descriptors are closed
// before its answer is sent.
//
// An agent that ends by itself ends every segment under way with an error that wraps remote.ErrLost; one that cannot be
// started, or is of another build, with a *remote.NotStartedError. The next segment starts a new one. A segment whose
// exported variables say other settings than the agent was started with (AWS_*, proxies and the like) gets a
// new agent, and the old one ends with its last segment.
//
// Each process has an agent of its own: a subshell that is a process, and a worker, start one if they need it. A socket
// has one reader, so that sharing would need a name in the file system that others could open and a crash would leave; and
// the processes of one pipeline that outlive the shell, as jobs may, keep theirs.
//
// # The wire
//
// The socket is one of a pair of Unix stream sockets; the agent finds its end at the descriptor whose number follows
// --socket in its arguments. Frames travel over it:
//
//	length   4 bytes, network order: of the body, at most 1 GiB
//	files    2 bytes, network order: how many descriptors come with the frame, at most 4096
//	kind     1 byte
//	zero     1 byte
//	call     8 bytes, network order: which call the frame is about, counted from 1; 0 for none
//	more     a zero byte for each 128 descriptors, or part of them, after the first 128
//	body     CBOR, see package plan
//
// Descriptors ride (SCM_RIGHTS) on the first byte of the head, 128 at most, and on each byte of more. The kinds:
//
//	h  hello    both ways, the first frame: protocol version and build. The agent answers the client's
//	r  run      a segment
//	x  explain  a segment, without descriptors
//	f  file     what is to be done with a named object, with the descriptor of a file that has or gets its bytes
//	c  cancel   the call's context has ended; no body. The call's answer still comes
//	a  answer   from the agent: statuses or lines, or an error with its kind
//
// A segment names its files as indices of the frame's descriptors, so that one that is many stages' travels once. If
// descriptors are lost on the way, because the agent may open no more, the call fails and no other. Whatever else is not as
// it should be ends the connection.
package agent
