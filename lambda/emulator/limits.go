package emulator

import (
	"time"

	"sshell/lambda"
)

// Limits of the service, those of package lambda, and more from "Lambda quotas" in its Developer Guide unless another source is
// named.
const (
	// maxPayload bounds a synchronous invocation's request and response, in bytes: 100 more than the quota, as the
	// service's own error message says.
	maxPayload      = lambda.MaxPayload + 100
	maxEventPayload = lambda.MaxAsyncPayload
	maxStreamed     = lambda.MaxStreamedResponse
	// maxRequest bounds any request: a zip in base64, and what is around it, in bytes.
	maxRequest  = lambda.MaxZip * 7 / 5
	maxUnzipped = lambda.MaxUnzipped
	maxEnviron  = lambda.MaxEnviron
	// logTail is how much of an invocation's log its caller can ask for, in bytes (API reference, Invoke).
	logTail = 4 << 10

	minMemory, maxMemory   = lambda.MinMemory, lambda.MaxMemory
	minStorage, maxStorage = lambda.MinStorage, lambda.MaxStorage
	// Timeouts are in whole seconds.
	minTimeout, maxTimeout = 1, int(lambda.MaxTimeout / time.Second)
	defaultTimeout         = int(lambda.DefaultTimeout / time.Second)
	maxInit                = lambda.MaxInit
	defaultConcurrency     = lambda.DefaultConcurrency
	// minUnreserved is how much of that must be left to functions that reserve none.
	minUnreserved = 100

	// eventTries is how often an asynchronous invocation that fails is tried in all ("Retry behavior").
	eventTries = 3
	// defaultRetryDelay is the wait before its first retry; the second waits twice as long.
	defaultRetryDelay = time.Minute
	// maxClockSkew is by how much a signature's time may be off (IAM User Guide, "Elements of a request signature").
	maxClockSkew = 5 * time.Minute
	// maxS3Skew is the same for S3 (S3 API Reference, "Error Responses", RequestTimeTooSkewed).
	maxS3Skew = 15 * time.Minute
)

// An invocation waits for an environment that has answered its last one and will ask for more any moment, for as long as a
// start of another would take: within these bounds what the function's last start took, which on a busy machine is a
// second and more, and then makes that one busier.
const (
	settleLeast = 25 * time.Millisecond
	settleMost  = time.Second
)
