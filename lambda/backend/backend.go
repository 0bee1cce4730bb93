// Package backend is what an agent serves: segments for this machine and for functions of AWS Lambda, and the names
// s3://bucket/key as files, all with connections that stay warm. Programs that are agents only wire it: sshell-agent beside
// a shell, and bootstrap where a stage in a function has stages of its own.
//
// Nothing is asked of AWS, and no credentials are looked for, before something is to be run there.
package backend

import (
	"context"
	"fmt"
	"os"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go/logging"

	"sshell/interp/plan"
	"sshell/lambda"
	"sshell/pipes/objstore"
	"sshell/pipes/objstore/s3"
	"sshell/remote"
	"sshell/remote/files"
	"sshell/remote/flow"
	"sshell/remote/local"
	"sshell/remote/settings"
)

// Config is how a Backend is made.
type Config struct {
	// Shell is the path of the shell's program, which runs the source of tasks on this machine. Without it they have none.
	Shell string
	// Dir is where the settings are looked for; the working directory if it is empty.
	Dir string
	// Isolate gives tasks on this machine an empty root and what they were shipped.
	Isolate bool
}

// Backend serves segments and files. It may be used from several goroutines.
type Backend struct {
	cfg   Config
	files *files.Files
	flows map[plan.Target]*flow.Flow
	cloud func() (*cloud, error)

	mu     sync.Mutex
	opened *function // nil before the first task is run there
}

// cloud is what needs an account.
type cloud struct {
	settings *settings.Settings
	aws      aws.Config
	buckets  *s3.Buckets
}

// New makes a Backend.
func New(cfg Config) *Backend {
	b := &Backend{cfg: cfg}
	b.cloud = sync.OnceValues(func() (*cloud, error) { return openCloud(cfg.Dir) })
	b.files = files.New(lazyBuckets(b.cloud))
	count := taskCount()
	b.flows = map[plan.Target]*flow.Flow{
		plan.Local:  flow.New(flow.Config{Runner: b.local, Files: b.files, CountTasks: count}),
		plan.Lambda: flow.New(flow.Config{Runner: b.newRun, Files: b.files, Cores: functionsAtOnce, CountTasks: count}),
	}
	return b
}

// functionsAtOnce is how many tasks run in functions at a time unless -j says otherwise: a quarter of what an account may
// (lambda.DefaultConcurrency), which others use too.
const functionsAtOnce = lambda.DefaultConcurrency / 4

// Segments runs segments for every target that there is. It is a plan.Explainer too.
func (b *Backend) Segments() plan.Segments { return segments{b} }

// segments runs each segment by its target's flow.
type segments struct{ *Backend }

func (s segments) to(target plan.Target) (*flow.Flow, error) {
	if f := s.flows[target]; f != nil {
		return f, nil
	}
	return nil, fmt.Errorf("the agent has no target %s; it has: %s %s", target, plan.Local, plan.Lambda)
}

// Run implements plan.Segments.
func (s segments) Run(ctx context.Context, seg plan.Segment) ([]plan.Status, error) {
	f, err := s.to(seg.Target)
	if err != nil {
		return nil, &remote.NotStartedError{Status: plan.StatusMachinery, Err: err}
	}
	return f.Run(ctx, seg)
}

// Explain implements plan.Explainer.
func (s segments) Explain(ctx context.Context, seg plan.Segment) ([]string, error) {
	f, err := s.to(seg.Target)
	if err != nil {
		return nil, err
	}
	return f.Explain(ctx, seg)
}

// Files gives the names s3://bucket/key.
func (b *Backend) Files() *files.Files { return b.files }

// openCloud sets up what the settings say, sshell's and those of AWS's own chain.
func openCloud(dir string) (*cloud, error) {
	if dir == "" {
		var err error
		if dir, err = os.Getwd(); err != nil {
			return nil, err
		}
	}
	set, err := settings.Load(settings.Source{Env: os.Getenv, Dir: dir})
	if err != nil {
		return nil, err
	}
	// The SDK's own lines are not for those who have the agent's standard error: what went wrong an error says.
	options := []func(*config.LoadOptions) error{config.WithLogger(logging.Nop{})}
	if set.Region != "" {
		options = append(options, config.WithRegion(set.Region))
	}
	cfg, err := config.LoadDefaultConfig(context.Background(), options...)
	if err != nil {
		return nil, fmt.Errorf("load aws configuration: %w", err)
	}
	return &cloud{set, cfg, s3.New(cfg)}, nil
}

// lazyBuckets are the account's.
type lazyBuckets func() (*cloud, error)

// Bucket implements objstore.Buckets.
func (l lazyBuckets) Bucket(ctx context.Context, name string) (objstore.Store, error) {
	c, err := l()
	if err != nil {
		return nil, err
	}
	return c.buckets.Bucket(ctx, name)
}

// local gives what runs tasks on this machine.
func (b *Backend) local(_ plan.Target, o flow.RunnerOptions) (remote.Runner, error) {
	cfg := local.Config{Files: b.files, Isolate: b.cfg.Isolate || o.Isolate}
	if b.cfg.Shell != "" {
		cfg.Self, cfg.Shell = []string{b.cfg.Shell, "--worker"}, []string{b.cfg.Shell}
	}
	return local.New(cfg)
}
