package deploy

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"sshell/remote/settings"
)

// examineFunction looks at the function, and reports whether stages could run in it.
func (d *Doctor) examineFunction(ctx context.Context) bool {
	s := d.Settings
	if s.Function == "" {
		d.bad(fmt.Errorf("function: none is set: make one with sshellctl deploy, or name it in SSHELL_FUNCTION or %s", settings.ProjectFile))
		return false
	}
	what := "function " + s.Function
	out, err := d.Lambda.GetFunction(ctx, &sdk.GetFunctionInput{FunctionName: &s.Function})
	if isMissing(err) {
		err = fmt.Errorf("%s: there is none in %s: make it with sshellctl deploy, or name its region with AWS_REGION", what, d.Region)
	} else {
		err = explain(what, err)
	}
	if err != nil {
		d.bad(err)
		return false
	}
	c := out.Configuration
	before := d.wrong
	for _, check := range []func(*types.FunctionConfiguration) string{failed, d.unready, d.otherBuild, d.otherBucket} {
		if text := check(c); text != "" {
			d.bad(fmt.Errorf("%s: %s", what, text))
		}
	}
	if d.wrong > before {
		return false
	}
	d.ok("%s: %s, %d MB, %ds, build %s", what, serviceArch(archOf(c)), aws.ToInt32(c.MemorySize), aws.ToInt32(c.Timeout), BuildOf(aws.ToString(c.Description)))
	d.compare(what, c)
	d.examineConcurrency(ctx)
	return true
}

func (d *Doctor) unready(c *types.FunctionConfiguration) string {
	if c.State == types.StatePending || c.LastUpdateStatus == types.LastUpdateStatusInProgress {
		return "it is being made or changed: try again in a minute"
	}
	return ""
}

// otherBuild is about functions whose programs are not those of this one's build.
func (d *Doctor) otherBuild(c *types.FunctionConfiguration) string {
	build := BuildOf(aws.ToString(c.Description))
	switch build {
	case d.Build:
		return ""
	case "", aws.ToString(c.Description):
		return "it is none of sshellctl deploy's: make one with it, or name another"
	}
	return fmt.Sprintf("it is of build %s, and this program of %s: run sshellctl deploy", build, d.Build)
}

func (d *Doctor) otherBucket(c *types.FunctionConfiguration) string {
	if c.Environment == nil || d.Settings.Bucket == "" {
		return ""
	}
	if b := c.Environment.Variables[bucketVar]; b != "" && b != d.Settings.Bucket {
		return fmt.Sprintf("its bucket is %s, and the one that is set %s (%s): run sshellctl deploy, or set %s=%s", b, d.Settings.Bucket, d.Settings.From("bucket"), bucketVar, b)
	}
	return ""
}

// compare notes what is set otherwise than the function has it.
func (d *Doctor) compare(what string, c *types.FunctionConfiguration) {
	s := d.Settings
	for _, v := range []struct {
		name     string
		set, has any
		unset    bool
	}{
		{"arch", s.Arch, archOf(c), s.Arch == ""},
		{"timeout", s.Timeout, time.Duration(aws.ToInt32(c.Timeout)) * time.Second, s.Timeout == 0},
		{"memory", s.Memory, int(aws.ToInt32(c.MemorySize)), s.Memory == 0},
		{"storage", s.Storage, storageOf(c), s.Storage == 0},
	} {
		if !v.unset && v.set != v.has {
			d.note("%s: %s is %v and set to %v (%s): sshellctl deploy changes it", what, v.name, v.has, v.set, s.From(v.name))
		}
	}
}

// fewInvocations is what new accounts may have at once (Lambda Developer Guide, "Lambda quotas").
const fewInvocations = 10

// examineConcurrency says how many tasks can run at a time.
func (d *Doctor) examineConcurrency(ctx context.Context) {
	out, err := d.Lambda.GetAccountSettings(ctx, &sdk.GetAccountSettingsInput{})
	if err != nil || out.AccountLimit == nil {
		d.note("concurrency: could not be looked at: %s", reason(err))
		return
	}
	n := out.AccountLimit.ConcurrentExecutions
	if n <= fewInvocations {
		d.note("concurrency: %d invocations at a time in this account: ask for more in the console of Service Quotas", n)
		return
	}
	d.ok("concurrency: %d invocations at a time in this account", n)
}
