package emulator

import "time"

// Limits of the service, from "Lambda quotas" in its Developer Guide unless another source is named.
const (
	// maxPayload bounds a synchronous invocation's request and response, in bytes: 6 MB, and 100 bytes more as the
	// service's own error message says.
	maxPayload = 6<<20 + 100
	// maxEventPayload bounds an asynchronous invocation's request, in bytes (API reference, Invoke).
	maxEventPayload = 1 << 20
	// maxStreamed bounds a streamed response, in bytes.
	maxStreamed = 200 << 20
	// maxRequest bounds any request: 50 MB of zip in base64, and what is around it, in bytes.
	maxRequest = 70 << 20
	// maxUnzipped bounds what a zip may unpack to, in bytes.
	maxUnzipped = 250 << 20
	// maxEnviron bounds a function's environment variables, names and values, in bytes.
	maxEnviron = 4 << 10
	// logTail is how much of an invocation's log its caller can ask for, in bytes (API reference, Invoke).
	logTail = 4 << 10

	minMemory, maxMemory   = 128, 10240 // MB
	minStorage, maxStorage = 512, 10240 // MB, of /tmp
	minTimeout, maxTimeout = 1, 900     // seconds
	// defaultTimeout is in seconds (API reference, CreateFunction).
	defaultTimeout = 3
	// maxInit is how long a bootstrap may take to its first request for work.
	maxInit = 10 * time.Second
	// defaultConcurrency is how many invocations an account may have at once.
	defaultConcurrency = 1000
	// minUnreserved is how much of that must be left to functions that reserve none.
	minUnreserved = 100

	// eventTries is how often an asynchronous invocation that fails is tried in all ("Retry behavior").
	eventTries = 3
	// defaultRetryDelay is the wait before its first retry; the second waits twice as long.
	defaultRetryDelay = time.Minute
	// maxClockSkew is by how much a signature's time may be off (IAM User Guide, "Elements of a request signature").
	maxClockSkew = 5 * time.Minute
)

// settleTime is how long an invocation waits for an environment that has answered its last one and will ask for more any
// moment: less than a start of another would take.
const settleTime = 25 * time.Millisecond
