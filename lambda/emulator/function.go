package emulator

import (
	"regexp"
	"strings"
	"time"
)

// configuration is a function's configuration as the service shows it. One that is in use is never changed; an update
// makes another.
type configuration struct {
	FunctionName     string
	FunctionArn      string
	Runtime          string `json:",omitempty"`
	Role             string
	Handler          string
	CodeSize         int64
	Description      string
	Timeout          int // seconds
	MemorySize       int // MB
	LastModified     string
	CodeSha256       string
	Version          string
	Environment      *variables `json:",omitempty"`
	RevisionId       string
	State            string
	LastUpdateStatus string
	PackageType      string
	Architectures    []string
	EphemeralStorage storage
	TracingConfig    struct{ Mode string }
	// ImageConfigResponse is of an image.
	ImageConfigResponse *imageResponse `json:",omitempty"`

	code *code
}

type variables struct {
	Variables map[string]string
}

type storage struct {
	Size int // MB
}

func (c *configuration) timeout() time.Duration { return time.Duration(c.Timeout) * time.Second }

// changed gives a configuration a new revision.
func (c *configuration) changed() {
	c.RevisionId = newID()
	c.LastModified = time.Now().UTC().Format("2006-01-02T15:04:05.000-0700")
}

// function is one function and its environments. The server's mu guards it.
type function struct {
	server   *Server
	config   *configuration
	tags     map[string]string
	reserved *int // its reserved concurrency
	running  int  // invocations that have no answer yet

	idle      []*environment // the one used last is last
	settling  int            // environments that have answered, and have not asked for more yet
	waiting   []*invocation  // for one of these
	startTook time.Duration  // of the environment that started last
	all       map[*environment]bool
	gone      bool // deleted, or the server closes
}

// names is the form of a function's name in a call: a name or an ARN, whole or in part, with or without a qualifier.
var names = regexp.MustCompile(`^(?:(?:arn:(?:aws[a-zA-Z-]*)?:lambda:[a-z0-9-]+:)?[0-9]{12}:)?(?:function:)?([a-zA-Z0-9_-]{1,64})(?::([a-zA-Z0-9$_-]+))?$`)

// lookup finds a function by what a call says. The server's mu is held.
func (s *Server) lookup(name, qualifier string) (*function, *apiError) {
	m := names.FindStringSubmatch(name)
	if m == nil {
		return nil, &apiError{status: 400, code: "ValidationException", message: "Value '" + name + "' at 'functionName' failed to satisfy constraint"}
	}
	if qualifier == "" {
		qualifier = m[2]
	}
	arn := s.functionARN(m[1])
	if qualifier != "" && qualifier != "$LATEST" {
		return nil, errNotFound(arn + ":" + qualifier)
	}
	f := s.functions[m[1]]
	if f == nil {
		return nil, errNotFound(arn)
	}
	return f, nil
}

func (s *Server) functionARN(name string) string {
	return strings.Join([]string{"arn:aws:lambda", s.Region, accountID, "function", name}, ":")
}

// reconfigure puts another configuration in force. Environments of the old one end when they are idle.
func (f *function) reconfigure(c *configuration) {
	f.config = c
	for _, e := range f.idle {
		e.end(causeRetired)
	}
	f.idle = nil
}

// retire ends a function's environments: all at once with kill, else each when it is idle. mu is held.
func (f *function) retire(kill bool) {
	f.gone = true
	for e := range f.all {
		if kill || e.state == idle {
			e.end(causeRetired)
		}
	}
	f.idle = nil
	if !kill {
		return
	}
	for _, inv := range f.waiting {
		inv.finish(answer{failure: newFailure("Runtime.ExitError", inv.id, "the service is closing")})
	}
	f.waiting = nil
}
