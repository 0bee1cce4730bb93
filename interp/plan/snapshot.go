package plan

// SnapshotVersion is the version of Snapshot that this program writes and the only one it reads: the client
// ships its own program with its tasks, so that both ends are one build.
const SnapshotVersion = 1

// Snapshot is the state of a shell as another process or machine needs it to go on. Strings are bytes.
// Fields that are empty mean the state of a new shell.
type Snapshot struct {
	Version    int               `cbor:"v"`
	Name       string            `cbor:"name,omitempty"` // $0
	Vars       []Variable        `cbor:"vars,omitempty"` // of the outermost scope
	Scopes     []Scope           `cbor:"scopes,omitempty"`
	Funcs      []Function        `cbor:"funcs,omitempty"`
	Aliases    map[string]string `cbor:"aliases,omitempty"`
	Set        string            `cbor:"set,omitempty"`   // the letters and names of `set -o` options that are on, as SHELLOPTS
	Shopt      []string          `cbor:"shopt,omitempty"` // names of the shopt options that are on
	Flags      string            `cbor:"flags,omitempty"` // of c, i, s: how the shell was started
	Params     []string          `cbor:"params,omitempty"`
	Dir        string            `cbor:"dir,omitempty"`   // logical working directory
	Umask      int               `cbor:"umask,omitempty"` // permission bits that new files lack
	Traps      []Trap            `cbor:"traps,omitempty"`
	Ignored    []int             `cbor:"ignored,omitempty"` // signals that are ignored
	DirStack   []string          `cbor:"dirstack,omitempty"`
	OptIndex   int               `cbor:"optindex,omitempty"` // getopts: where in a cluster of letters it stands
	Status     int               `cbor:"status,omitempty"`
	PipeStatus []int             `cbor:"pipestatus,omitempty"`
	Pid        int               `cbor:"pid,omitempty"`  // $$
	PPid       int               `cbor:"ppid,omitempty"` // $PPID
	LastJob    int               `cbor:"lastjob,omitempty"`
	Seconds    int64             `cbor:"seconds,omitempty"` // nanoseconds on the SECONDS clock
	Calls      []Call            `cbor:"calls,omitempty"`
	Subshell   int               `cbor:"subshell,omitempty"`
	NoErrExit  bool              `cbor:"noerrexit,omitempty"` // errexit is ignored here
	Matches    []string          `cbor:"matches,omitempty"`   // BASH_REMATCH
	Line       int               `cbor:"line,omitempty"`
	Fds        []int             `cbor:"fds,omitempty"` // descriptors that are open, for a process on this machine
}

// Variable is one variable of a snapshot.
type Variable struct {
	Name  string   `cbor:"n"`
	Attr  uint16   `cbor:"a,omitempty"`
	Set   bool     `cbor:"s,omitempty"`
	Value string   `cbor:"v,omitempty"`
	Keys  []string `cbor:"k,omitempty"`
	Elems []string `cbor:"e,omitempty"`
}

// Scope is the variables of one function call or of assignments in front of a command, innermost last.
type Scope struct {
	Temp bool       `cbor:"t,omitempty"`
	Vars []Variable `cbor:"v,omitempty"`
}

// Function is a shell function as source.
type Function struct {
	Name     string `cbor:"n"`
	Source   string `cbor:"s"`
	Exported bool   `cbor:"x,omitempty"`
	Traced   bool   `cbor:"t,omitempty"`
	ReadOnly bool   `cbor:"r,omitempty"`
	File     string `cbor:"f,omitempty"`
	Line     int    `cbor:"l,omitempty"`
}

// Trap is the action for one condition: a signal's name without SIG, or EXIT, ERR, DEBUG, RETURN.
type Trap struct {
	Name   string `cbor:"n"`
	Action string `cbor:"a"`
	Listed bool   `cbor:"l,omitempty"` // only shown by trap: a subshell does not run its parent's
}

// Call is one frame of the call stack.
type Call struct {
	Func string `cbor:"f,omitempty"`
	File string `cbor:"s,omitempty"`
	Line int    `cbor:"l,omitempty"`
}
