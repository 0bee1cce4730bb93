package deploy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"

	"sshell/remote/settings"
)

// Doctor looks at a deployment, step by step, as somebody who uses it finds it. Its report has a line for each thing:
//
//	ok     as it should be
//	note   what a person may want to know, or could not be looked at
//	wrong  what keeps stages from running, and what to do
//
// What depends on something that is wrong is not looked at.
type Doctor struct {
	Clients
	Settings    *settings.Settings
	Region      string
	Credentials aws.CredentialsProvider
	OwnBuckets  bool   // see Deployer
	Build       string // of this program
	// Agent gives the path of the agent's program and its build.
	Agent func(context.Context) (path, build string, err error)
	// Try runs a stage in the function that reads and writes the bucket.
	Try func(context.Context) error
	Out io.Writer

	wrong int
}

// maxSkew is how far this machine's clock may be off: services refuse requests whose time differs from theirs by more
// than 5 minutes, S3 by more than 15 (IAM User Guide, "Elements of a request signature").
const maxSkew = 4 * time.Minute

func (d *Doctor) ok(format string, args ...any)   { fmt.Fprintf(d.Out, "ok     "+format+"\n", args...) }
func (d *Doctor) note(format string, args ...any) { fmt.Fprintf(d.Out, "note   "+format+"\n", args...) }

func (d *Doctor) bad(err error) {
	d.wrong++
	fmt.Fprintf(d.Out, "wrong  %v\n", err)
}

// Examine looks, and gives the number of things that are wrong. It leaves nothing behind.
func (d *Doctor) Examine(ctx context.Context) int {
	d.wrong = 0
	d.examineSettings()
	d.examineAgent(ctx)
	id := d.examineAccount(ctx)
	if id == nil {
		return d.wrong
	}
	bucket := d.examineBucket(ctx, id)
	function := d.examineFunction(ctx)
	if bucket && function && d.Try != nil {
		if err := d.Try(ctx); err != nil {
			d.bad(err)
		} else {
			d.ok("function %s: runs a stage that reads and writes %s", d.Settings.Function, d.Settings.Bucket)
		}
	}
	return d.wrong
}

// examineSettings says what is settled where.
func (d *Doctor) examineSettings() {
	s := d.Settings
	for _, line := range s.Ignored {
		d.note("settings: %s", line)
	}
	if s.On != "" {
		d.note("settings: stages that can leave run on %s (%s)", s.On, s.From("on"))
	}
	d.note("settings: s3:// is %s (%s)", map[string]string{settings.S3AWS: "S3", settings.S3Dir: "a folder"}[s.S3], s.From("s3"))
}

// examineAgent looks for the shell's agent.
func (d *Doctor) examineAgent(ctx context.Context) {
	if d.Agent == nil {
		return
	}
	path, build, err := d.Agent(ctx)
	switch {
	case err != nil:
		d.bad(fmt.Errorf("agent: %w", err))
	case build != d.Build:
		d.bad(fmt.Errorf("agent: %s is of build %s, and this program of %s: install all programs of one build", path, build, d.Build))
	default:
		d.ok("agent: %s, build %s", path, build)
	}
}

// examineAccount looks at who calls, and whether the services answer. It gives nil where nothing else can be asked.
func (d *Doctor) examineAccount(ctx context.Context) *identity {
	if d.Region == "" {
		d.bad(ErrNoRegion)
		return nil
	}
	d.ok("region: %s", d.Region)
	if d.Credentials == nil {
		d.bad(errors.New("credentials: " + adviceAnonymous))
		return nil
	}
	keys, err := d.Credentials.Retrieve(ctx)
	if err != nil {
		d.bad(fmt.Errorf("credentials: %s", adviceAnonymous))
		return nil
	}
	d.ok("credentials: %s", keys.Source)
	id, out, err := identify(ctx, d.STS)
	if err != nil {
		d.bad(err)
		return nil
	}
	d.ok("account: %s", id.arn)
	if skew, ok := middleware.GetAttemptSkew(out.ResultMetadata); ok && skew.Abs() > maxSkew {
		side := "behind"
		if skew < 0 {
			side = "ahead of"
		}
		d.bad(fmt.Errorf("clock: that of this machine is %v %s the service's: set it, since requests are signed with the time", skew.Abs().Round(time.Minute), side))
	}
	return id
}
