package lambda

import "time"

// Limits of AWS Lambda, from "Lambda quotas" in its Developer Guide unless another source is named. There MB is 1024
// KB, which is what the constants have.
const (
	// MaxPayload is the largest request or response of a synchronous invocation, in bytes.
	MaxPayload = 6 << 20
	// MaxAsyncPayload is the largest request of an asynchronous invocation, in bytes (API reference, Invoke).
	MaxAsyncPayload = 1 << 20
	// MaxStreamedResponse is the largest response of InvokeWithResponseStream, in bytes.
	MaxStreamedResponse = 200 << 20

	// MaxTimeout is the longest that an invocation may take.
	MaxTimeout = 900 * time.Second
	// DefaultTimeout is what a function has that was created without one (API reference, CreateFunction).
	DefaultTimeout = 3 * time.Second
	// MaxInit is how long a function may take from its start to its first request for work.
	MaxInit = 10 * time.Second

	// MinMemory and MaxMemory bound a function's memory, in MB; it is set in steps of 1.
	MinMemory = 128
	MaxMemory = 10240
	// MemoryPerCPU is the memory in MB at which a function has one whole vCPU; its share grows in proportion.
	MemoryPerCPU = 1769

	// MinStorage and MaxStorage bound /tmp, in MB. A function has MinStorage unless it is given more.
	MinStorage = 512
	MaxStorage = 10240

	// DefaultConcurrency is how many invocations an account may have at once in a region, unless it was raised or, for a
	// new account, is lower.
	DefaultConcurrency = 1000
	// MaxRequestRate is how many synchronous invocations a second one environment may take.
	MaxRequestRate = 10

	// MaxFiles and MaxProcesses are how many descriptors, and processes with threads, an environment may have.
	MaxFiles     = 1024
	MaxProcesses = 1024
	// MaxEnviron bounds the environment variables of a function's configuration, in bytes, all together.
	MaxEnviron = 4 << 10

	// MaxZip is the largest zip that can be uploaded with a call, MaxUnzipped what any zip may unpack to, in bytes.
	MaxZip      = 50 << 20
	MaxUnzipped = 250 << 20
)

// InlineMax is how many bytes of standard input travel in the payload, and of files that a task gives back in the response:
// DESIGN §5's bound, far from MaxPayload.
const InlineMax = 128 << 10

// LookEvery is the time between two looks of a function for its cancel mark, DESIGN §6's: 1,800 requests an hour.
const LookEvery = 2 * time.Second

// StopMargin is how long before its deadline a function stops its task: the signals to its processes take 0.35 s, those
// that ignore them die of the last, and the end of the output is stored and the answer sent in the rest.
const StopMargin = 1500 * time.Millisecond
