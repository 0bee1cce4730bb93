package check

// rule says what one package, or with /... a whole tree, may import of this module.
type rule struct {
	pkg    string   // relative to the module's root
	allow  []string // the same form; nothing else of ours
	reason string   // printed when the rule is broken
}

// rules is DESIGN's table of imports. The first rule that matches a package is the one that counts. Imports run
// downwards only: what a package may import stands below it in the design.
var rules = []rule{
	{"cmd/sshell", []string{"shell", "interp", "interp/plan", "pipes", "pipes/ospipe", "pipes/objpipe", "pipes/objstore/...", "remote/..."},
		"the shell starts as quickly as bash only without the cloud's SDKs, so it wires everything but them"},
	{"cmd/sshell-agent", []string{"interp/...", "pipes/...", "remote/...", "lambda/..."},
		"the agent serves segments with every transport; it is not a shell and shows no prompt"},
	{"cmd/sshellctl", []string{"interp/...", "shell", "pipes/...", "remote/...", "lambda/..."},
		"the operator's program deploys, emulates and reports, and so reaches all"},
	{"cmd/bootstrap", []string{"interp/...", "pipes/...", "remote/...", "lambda", "lambda/handler", "lambda/backend", "lambda/spread"},
		"a function starts cold: it carries the worker and the handler, never the interactive shell"},

	{"shell", []string{"interp", "interp/plan", "interp/arith", "interp/pattern", "interp/regex", "interp/format", "interp/quote",
		"remote", "remote/agent", "remote/files", "remote/settings", "remote/local", "remote/flow", "pipes/..."},
		"the program around the interpreter hands stages to a flow; it runs none itself"},

	{"interp", []string{"interp/plan", "interp/arith", "interp/pattern", "interp/regex", "interp/format", "interp/quote"},
		"bash alone: it asks for placements and knows nothing of functions, stores or transports"},
	{"interp/plan", nil,
		"pure: a plan can be made, shown and tested with no process and no network"},
	{"interp/format", []string{"interp/quote"},
		"a leaf of the interpreter: printf's formats, which need quoting for %q"},
	{"interp/arith", nil, "a leaf of the interpreter: arithmetic over values that it is handed"},
	{"interp/pattern", nil, "a leaf of the interpreter: bytes matched against patterns"},
	{"interp/regex", []string{"interp/pattern"},
		"a leaf of the interpreter: POSIX expressions, whose brackets and classes are those of patterns"},
	{"interp/quote", nil, "a leaf of the interpreter: bytes made safe to read again"},

	{"pipes", nil,
		"the contract of a stream knows no transport and no shell"},
	{"pipes/pipetest", []string{"pipes"},
		"a contract's suite sees only the contract, so that every transport can run it"},
	{"pipes/objstore/storetest", []string{"pipes/objstore"},
		"a contract's suite sees only the contract, so that every store can run it"},
	{"pipes/objstore", nil,
		"the little of S3 that we need, said without S3"},
	{"pipes/objstore/s3/s3test", []string{"pipes/objstore", "pipes/objstore/s3", "lambda/emulator"},
		"for tests only: the store of S3 before a real server, which is the emulator's"},
	{"pipes/objstore/s3/plainbody", nil,
		"a flaw of the SDK is mended below it, for every client of a service"},
	{"pipes/objstore/s3", []string{"pipes/objstore", "pipes/objstore/s3/plainbody"},
		"S3 through the SDK; it implements the contract and knows no other store"},
	{"pipes/objstore/...", []string{"pipes/objstore"},
		"a store or a decorator implements the contract and knows no other store"},
	{"pipes/...", []string{"pipes", "pipes/objstore"},
		"a transport carries bytes between two ends, over a store at most"},

	{"remote", []string{"interp/plan", "pipes", "pipes/objstore"},
		"tasks and results are what crosses the wire: types, not the parts that produce them; what tasks store has a store's contract"},
	{"remote/keys", nil, "what makes two lines belong together is a pure function of their bytes"},
	{"remote/stored", []string{"interp/plan", "remote", "remote/keys", "pipes", "pipes/objstore"},
		"what a task reads and writes of a store, whoever runs it"},
	{"remote/chunk", []string{"pipes/objstore"},
		"a cut is a pure function of bytes, wherever they are stored"},
	{"remote/ship", nil,
		"what a task needs is found by reading files; who stores and who runs them is not its concern"},
	{"remote/ship/relocate", nil,
		"where a program finds what it needs is changed in its bytes, whoever ships it"},
	{"remote/ship/artifact", []string{"remote/ship", "remote/ship/relocate", "pipes/objstore"},
		"artifacts in a store, apart because their digests link cryptography, which costs the shell's start"},
	{"remote/ledger", []string{"pipes/objstore"},
		"what happened is written by whoever knows it, and read without them"},
	{"remote/sched", []string{"remote", "remote/ledger"},
		"retries and bounds are the same for every runner, so it sees only the seam"},
	{"remote/flow", []string{"interp/plan", "interp/pattern", "remote", "remote/keys", "remote/chunk", "remote/sched", "remote/ship", "remote/ledger", "pipes/..."},
		"a segment becomes tasks; which runner takes them, and the interpreter that runs them, are behind seams; patterns say which files travel"},
	{"remote/worker", []string{"interp", "interp/plan", "interp/quote", "remote", "remote/chunk", "remote/ship", "pipes/..."},
		"one task: it restores, opens and runs, and schedules nothing"},
	{"remote/files", []string{"interp/plan", "pipes/objstore"}, "names s3://bucket/key as files, for shell, agent and workers"},
	{"remote/local", []string{"interp/plan", "remote", "remote/worker", "remote/chunk", "pipes/..."},
		"a runner on this machine starts workers; of plans it knows the types, as the tasks it gets do"},
	{"remote/agent", []string{"interp/plan", "remote", "remote/files", "pipes/objstore"},
		"a segment over a socket: descriptors and statuses, no bytes of the data"},
	{"remote/settings", []string{"pipes/objstore"},
		"what the user settled is read without the parts that it settles; of stores it knows what a bucket's name is"},
	{"remote/sim", []string{"remote", "pipes/..."},
		"virtual time stands in for runners and stores, and needs their contracts only"},
	{"remote/shared", []string{"pipes/objstore"},
		"shared values live in a store, whoever counts"},

	{"lambda", []string{"interp/plan", "remote", "remote/ship", "remote/ship/artifact", "remote/stored", "pipes", "pipes/objpipe", "pipes/objstore", "pipes/objstore/s3/plainbody"},
		"one more runner; it reaches the rest through the seam as any other"},
	{"lambda/backend", []string{"interp", "interp/plan", "interp/quote", "pipes/...", "remote/...", "lambda", "lambda/spread"},
		"what an agent serves; the programs that are agents only wire it"},
	{"lambda/spread", []string{"lambda"},
		"invocations that make invocations; what is in them is not its concern"},
	{"lambda/handler", []string{"interp", "interp/plan", "lambda", "remote", "remote/worker", "remote/stored", "remote/chunk", "remote/ship", "remote/ship/artifact", "remote/ship/relocate", "remote/flow", "pipes/..."},
		"the function's side runs a task as a worker does, with pipes, chunks and artifacts from the store"},
	{"lambda/deploy", []string{"lambda", "remote/settings"},
		"it makes what the account needs, by limits and settings; it runs nothing"},
	{"lambda/...", []string{"lambda", "remote", "remote/worker"},
		"the function's deployment and its emulation share limits and wire, not the client"},

	{"scripts/bench/figure", nil,
		"what a figure is, and how two sides take turns, whatever is measured"},
	{"scripts/bench", []string{"scripts/bench/figure"},
		"it measures the programs from outside, as people do"},
	{"scripts/bench-cloud", []string{"scripts/bench/figure"},
		"it measures the programs from outside, as people do"},
	{"scripts/...", nil,
		"checks and benchmarks see the programs from outside, as people do"},
}

// module is a rule for one module, or one package, of others.
type module struct {
	path   string   // an import path's prefix
	by     []string // packages of ours that may import it; a test file needs no leave beyond the path
	reason string
}

// modules is the list of all that we depend on. The longest path that matches an import counts. An import that matches
// none is a new dependency, to be added here with its reason.
var modules = []module{
	{"mvdan.cc/sh/v3/syntax", []string{"interp", "interp/plan", "shell", "remote/flow"},
		"bash's grammar, measured and sound; parsed trees stay with those who run source, or plan it"},
	{"mvdan.cc/sh/v3", nil,
		"only the parser: its interpreter and expander were measured and are not enough"},
	{"github.com/fxamacker/cbor/v2", []string{"interp", "interp/plan", "remote/..."},
		"shell strings are bytes, which JSON cannot carry; snapshots and tasks are CBOR"},
	{"golang.org/x/sys", []string{"cmd/...", "interp", "interp/pattern", "shell", "pipes/...", "remote/...", "lambda/...", "scripts/..."},
		"system calls beside package syscall: descriptors, terminals, process groups"},
	{"github.com/versity/versitygw", []string{"lambda/emulator"},
		"an S3 server to run everything against on this machine; nothing but the emulator needs one"},
	{"github.com/gofiber/fiber/v3", []string{"lambda/emulator"},
		"what that server's handlers are; the emulator adds the calls that it lacks"},
	{"github.com/pelletier/go-toml/v2/unstable", []string{"remote/settings"},
		"the configuration file's format; the parser alone, which costs the shell's start nothing"},
	{"golang.org/x/sync", []string{"shell", "pipes/...", "remote/...", "lambda/..."},
		"groups of goroutines with a limit; the interpreter's concurrency is processes and its own"},
	{"github.com/rogpeppe/go-internal", []string{"cmd/...", "shell", "scripts/..."},
		"testscript, which tests of command behaviour are written in"},
	{"github.com/aws/", []string{"pipes/objstore/s3", "pipes/objstore/s3/plainbody", "pipes/objstore/s3/s3test", "lambda/...", "cmd/sshell-agent", "cmd/sshellctl", "cmd/bootstrap",
		"cmd/sshell", "scripts/bench-cloud/..."},
		"with the SDKs a process takes three times as long to start; the shell must never link them (see unlinked), but its tests make accounts. " +
			"Figures have their bare calls as peers"},
}

// unlinked are packages that the shell must not link, not even through another package.
var unlinked = []struct{ path, reason string }{
	{"github.com/aws/", "with the SDKs the start takes three times bash's, without them as long as bash's"},
	{"net/http", "the client's connections belong to the agent; linked, it adds a seventh to an empty program's start, and 4 MB"},
	{"crypto/sha256", "its package and those that it brings test themselves at each start; what needs digests runs elsewhere"},
	{"crypto/tls", "the client's connections belong to the agent; linked, it adds a seventh to an empty program's start, and 3 MB"},
}

// roots are the folders of the design that may hold Go files.
var roots = []string{"cmd", "shell", "interp", "pipes", "remote", "lambda", "scripts"}
