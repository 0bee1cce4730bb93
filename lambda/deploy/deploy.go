// Package deploy makes, changes and removes what sshell needs in an account, and says what is wrong with it.
//
// # What there is
//
// A deployment is three things in one region. A bucket holds pipes, tasks, artifacts and the ledger. It is open to nobody
// else, encrypted, and its rules remove what is left under tmp/, and uploads that nobody completed, after some days. A role
// lets the function do no more than use that bucket, write its log and invoke itself; rights to read and write
// other buckets are added where they are asked for. A function is a zip of two programs, or a container image. Its
// description carries the build of its programs.
//
// What deploy makes has the tag sshell with the value deploy, and only what has it is changed or removed. A bucket that was
// there before is used as it is. A function or role of the same name without the tag is an error.
//
// # What is promised
//
// Deploy can be repeated: what is as it should be stays untouched. What the plan does not say (memory, say, when it is 0) stays
// as it is too. Each thing gets a line in the report, which begins with + for what was created, ~ changed, = found as it should
// be, - removed, and ! left out, with the reason.
//
// Deploy ends when the function takes invocations. Undeploy never removes an object that sshell did not store unless it is told
// to. Errors are one line that says what to do.
//
// Lambda's log group of the function is neither made nor removed: Lambda makes it with the first invocation.
package deploy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"sshell/lambda"
	"sshell/remote/settings"
)

// The tag of what was made here.
const (
	tagKey   = "sshell"
	tagValue = "deploy"
)

// Plan is what a deployment is to be.
type Plan struct {
	Function string // a name
	Bucket   string // a default name if it is empty
	Region   string
	Code     Code
	Build    string // of the programs

	// Of the function; zero values leave it as it is, or stand for the defaults below in a new one.
	Timeout time.Duration
	Memory  int // MB
	Storage int // of /tmp, in MB

	RoleARN string // an existing role; if it is empty, one is made
	// ExpireDays is how long what is left under tmp/ stays, of a bucket that deploy made; 0 as the rest.
	ExpireDays int
	// Read and Write are further buckets that the function may use, each as BUCKET or BUCKET/PREFIX. With neither, what it may
	// use stays as it is.
	Read, Write []string
}

// What a new function has, and a bucket's rules.
const (
	// DefaultFunction is the name of the function.
	DefaultFunction = "sshell"
	// DefaultTimeout leaves no time unused: a function that ends earlier costs no more for it.
	DefaultTimeout = lambda.MaxTimeout
	// DefaultMemory is one whole vCPU's.
	DefaultMemory = lambda.MemoryPerCPU
	// DefaultExpireDays gives a weekend to resume a run.
	DefaultExpireDays = 7
)

// functionName is the form of a function's name (Lambda API reference, CreateFunction).
var functionName = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`)

// check finds what the services would refuse, before anything is made.
func (p *Plan) check() error {
	switch {
	case p.Region == "":
		return ErrNoRegion
	case strings.HasPrefix(p.Function, "arn:"):
		return fmt.Errorf("function %s: deploy takes a name, not an ARN", p.Function)
	case !functionName.MatchString(p.Function):
		return fmt.Errorf("function %q: a name has 1 to 64 letters, digits, hyphens and underscores", p.Function)
	case p.Timeout < 0 || p.Timeout > lambda.MaxTimeout || p.Timeout%time.Second != 0:
		return fmt.Errorf("timeout %v: a function has 1 to %d whole seconds", p.Timeout, lambda.MaxTimeout/time.Second)
	case p.Memory != 0 && (p.Memory < lambda.MinMemory || p.Memory > lambda.MaxMemory):
		return fmt.Errorf("memory %d: a function has %d to %d MB", p.Memory, lambda.MinMemory, lambda.MaxMemory)
	case p.Storage != 0 && (p.Storage < lambda.MinStorage || p.Storage > lambda.MaxStorage):
		return fmt.Errorf("storage %d: /tmp has %d to %d MB", p.Storage, lambda.MinStorage, lambda.MaxStorage)
	case p.ExpireDays < 0:
		return fmt.Errorf("expire-days %d: what is left under tmp/ stays for a day or more", p.ExpireDays)
	}
	return p.Code.check()
}

// Clients are the services, as the SDK's clients are. STS may be one for any region.
type Clients struct {
	S3     S3
	IAM    IAM
	Lambda Lambda
	STS    STS
}

// Deployer makes and removes deployments.
type Deployer struct {
	Clients
	// Out gets the report, line by line.
	Out io.Writer
	// OwnBuckets makes S3 confirm that buckets are the account's own: another account could take the name that a deployment
	// will have. Servers other than Amazon's do not know the number of the account.
	OwnBuckets bool
	// Pause waits between two looks at what takes its time; nil waits in real time. It gives the context's error.
	Pause func(context.Context, time.Duration) error
}

// Deploy makes what is not there and changes what is otherwise, and gives what there is then.
func (d *Deployer) Deploy(ctx context.Context, p Plan) (settings.Deployed, error) {
	var none settings.Deployed
	if err := p.check(); err != nil {
		return none, err
	}
	id, _, err := identify(ctx, d.STS)
	if err != nil {
		return none, err
	}
	if p.Bucket == "" {
		p.Bucket = id.bucketName(p.Region)
	}
	f, err := d.findFunction(ctx, p.Function)
	if err == nil {
		err = p.suits(f)
	}
	if err != nil {
		return none, err
	}
	// What cannot be changed is found before anything is.
	name := roleName(p.Function, p.Region)
	var r *types.Role
	if p.RoleARN == "" {
		if r, err = d.findRole(ctx, name); err != nil {
			return none, err
		}
	}
	if err := d.deployBucket(ctx, &p, id); err != nil {
		return none, err
	}
	role := p.RoleARN
	if role == "" {
		if role, err = d.deployRole(ctx, &p, id, name, r); err != nil {
			return none, err
		}
	}
	c, err := d.deployFunction(ctx, &p, f, role)
	if err != nil {
		return none, err
	}
	return settings.Deployed{
		Region: p.Region, Account: id.account, Bucket: p.Bucket, Function: p.Function, RoleARN: role, Build: p.Build, Arch: archOf(c),
		Timeout: time.Duration(aws.ToInt32(c.Timeout)) * time.Second, Memory: int(aws.ToInt32(c.MemorySize)), Storage: storageOf(c),
	}, nil
}

// The signs of a report's lines.
const (
	created = '+'
	changed = '~'
	same    = '='
	removed = '-'
	leftOut = '!'
)

// say writes a line of the report.
func (d *Deployer) say(sign rune, format string, args ...any) {
	if d.Out != nil {
		fmt.Fprintf(d.Out, "%c %s\n", sign, fmt.Sprintf(format, args...))
	}
}

// ErrNoRegion says what to do where no region is set.
var ErrNoRegion = errors.New("no region: set AWS_REGION, or region in " + settings.ProjectFile)
