package emulator

import (
	"os"
	"slices"
	"strconv"
	"strings"
)

// launch is what a bootstrap is started with. It crosses a pipe to RunEnvironment as JSON.
type launch struct {
	Root    bool // build a root; else Path and Dir are names of the machine
	Path    string
	Args    []string // after Path
	Dir     string
	Env     []string
	Code    string // the unpacked zip, for a root, or with Image what is to be the root
	Image   bool
	Storage int64 // bytes of /tmp, for a root
}

// startError says why there is no bootstrap process.
type startError struct{ err error }

func (e *startError) Error() string { return e.err.Error() }
func (e *startError) Unwrap() error { return e.err }

// reservedVariables are those of the environment that a function's configuration cannot set ("Using Lambda environment
// variables"), but for the ones with the prefix AWS_LAMBDA_.
var reservedVariables = []string{
	"_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID",
	"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
}

// newLaunch prepares a start, in a root of its own or with tmp, a folder of the machine.
func (e *environment) newLaunch(api string, root bool, tmp string) *launch {
	c := e.config
	o := &launch{Root: root, Code: c.code.dir, Storage: int64(c.EphemeralStorage.Size) << 20, Dir: "/var/task"}
	if !root {
		o.Dir = c.code.dir
	}
	o.Path = o.Dir + "/bootstrap"
	if c.code.image != "" {
		o.ofImage(c.ImageConfigResponse)
	}
	vars := []string{
		"PATH=/usr/local/bin:/usr/bin:/bin:/opt/bin",
		"LD_LIBRARY_PATH=/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib",
		"LANG=en_US.UTF-8",
		"TZ=:UTC",
	}
	if !root {
		vars = []string{"PATH=" + os.Getenv("PATH"), "LANG=en_US.UTF-8", "TZ=:UTC", "TMPDIR=" + tmp}
	}
	if o.Image { // its own libraries are where its loader looks
		vars = slices.DeleteFunc(vars, func(v string) bool { return strings.HasPrefix(v, "LD_LIBRARY_PATH=") })
	}
	url := e.server.url
	vars = append(vars, "AWS_ENDPOINT_URL_LAMBDA="+url, "AWS_ENDPOINT_URL_IAM="+url, "AWS_ENDPOINT_URL_STS="+url)
	vars = append(vars, e.server.Environ...)
	if c.Environment != nil {
		for name, value := range c.Environment.Variables {
			vars = append(vars, name+"="+value)
		}
	}
	key, secret := e.server.AccessKey, e.server.SecretKey
	if e.server.Identities != "" {
		key, secret = e.server.credentials(c.Role)
	}
	o.Env = lastOf(append(vars,
		"AWS_LAMBDA_RUNTIME_API="+api,
		"AWS_LAMBDA_FUNCTION_NAME="+c.FunctionName,
		"AWS_LAMBDA_FUNCTION_VERSION="+c.Version,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE="+strconv.Itoa(c.MemorySize),
		"AWS_LAMBDA_INITIALIZATION_TYPE=on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/"+c.FunctionName,
		"AWS_LAMBDA_LOG_STREAM_NAME="+e.id,
		"AWS_REGION="+e.server.Region,
		"AWS_DEFAULT_REGION="+e.server.Region,
		"AWS_ACCESS_KEY_ID="+key,
		"AWS_SECRET_ACCESS_KEY="+secret,
		"LAMBDA_TASK_ROOT="+o.Dir,
		"LAMBDA_RUNTIME_DIR=/var/runtime",
		"_HANDLER="+c.Handler,
	))
	return o
}

// ofImage starts what the configuration says, in an image's root.
func (o *launch) ofImage(said *imageResponse) {
	o.Image, o.Path = true, imageEntry
	if said == nil {
		return
	}
	if entry := said.ImageConfig.EntryPoint; len(entry) > 0 {
		o.Path, o.Args = entry[0], slices.Clone(entry[1:])
	}
	o.Args = append(o.Args, said.ImageConfig.Command...)
	if said.ImageConfig.WorkingDirectory != "" {
		o.Dir = said.ImageConfig.WorkingDirectory
	}
}

// lastOf leaves of variables with one name the last.
func lastOf(vars []string) []string {
	at := map[string]int{}
	var list []string
	for _, v := range vars {
		name, _, _ := strings.Cut(v, "=")
		if i, ok := at[name]; ok {
			list[i] = v
			continue
		}
		at[name] = len(list)
		list = append(list, v)
	}
	return list
}
