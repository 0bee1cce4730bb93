package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"

	"sshell/lambda/deploy"
	"sshell/remote/agent"
	"sshell/remote/settings"
)

// deployFlags are deploy's own.
type deployFlags struct {
	*accountFlags
	zip, image  string
	expireDays  int
	read, write list
}

// list is a flag that may be given several times.
type list []string

func (l *list) String() string { return "" }

func (l *list) Set(text string) error {
	*l = append(*l, text)
	return nil
}

func newDeployFlags(out io.Writer) *deployFlags {
	f := &deployFlags{accountFlags: newAccountFlags("deploy", out, "function", "bucket", "region", "arch", "timeout", "memory", "storage", "role_arn")}
	f.StringVar(&f.zip, "zip", "", "`file` to be the function's zip (default one of the programs found beside sshellctl)")
	f.StringVar(&f.image, "image", "", "`URI` of a container image, in place of a zip")
	f.IntVar(&f.expireDays, "expire-days", 0, "`days` after which what runs left behind is removed (default 7 of a new bucket)")
	f.Var(&f.read, "read", "`BUCKET[/PREFIX]` that functions may read too; may be given several times")
	f.Var(&f.write, "write", "`BUCKET[/PREFIX]` that functions may read and write too; may be given several times")
	return f
}

// deployAccount makes or changes what an account needs.
func deployAccount(args []string, stdout, stderr io.Writer) int {
	f := newDeployFlags(stderr)
	if status, done := f.parse(args); done {
		return status
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	a, err := f.open(ctx)
	if err != nil {
		return fault(stderr, "deploy", err)
	}
	p, err := f.plan(a)
	if err != nil {
		return fault(stderr, "deploy", err)
	}
	d := &deploy.Deployer{Clients: a.clients, Out: stdout, OwnBuckets: a.amazon}
	made, err := d.Deploy(ctx, *p)
	if err != nil {
		return fault(stderr, "deploy", err)
	}
	name := a.deployed()
	made.Endpoint, made.Profile = name.Endpoint, name.Profile
	if err := settings.Record(f.env, made); err != nil {
		return fault(stderr, "deploy", err)
	}
	fmt.Fprintf(stdout, "recorded in %s\n", settings.RecordFile(f.env))
	return 0
}

// plan is what the flags and settings ask for.
func (f *deployFlags) plan(a *account) (*deploy.Plan, error) {
	s := a.settings
	p := &deploy.Plan{
		Function: a.function(), Bucket: s.Bucket, Region: a.config.Region, Build: agent.Build(), RoleARN: s.RoleARN,
		ExpireDays: f.expireDays, Read: f.read, Write: f.write,
	}
	if p.Region == "" { // before the programs are packed
		return nil, deploy.ErrNoRegion
	}
	arch := ""
	if a.explicit("arch") {
		arch = s.Arch
	}
	if a.explicit("timeout") {
		p.Timeout = s.Timeout
	}
	if a.explicit("memory") {
		p.Memory = s.Memory
	}
	if a.explicit("storage") {
		p.Storage = s.Storage
	}
	var err error
	p.Code, err = f.code(arch)
	return p, err
}

// code is what the function is to run.
func (f *deployFlags) code(arch string) (deploy.Code, error) {
	switch {
	case f.zip != "" && f.image != "":
		return deploy.Code{}, errors.New("--zip and --image: a function has one of them")
	case f.zip != "":
		return deploy.Unpacked(f.zip, arch)
	case f.image != "":
		if arch == "" {
			arch = runtime.GOARCH // what docker build makes images for
		}
		return deploy.Code{Image: f.image, Arch: arch}, nil
	}
	self, err := os.Executable()
	if err != nil {
		return deploy.Code{}, fmt.Errorf("find this program: %w", err)
	}
	if real, err := filepath.EvalSymlinks(self); err == nil {
		self = real
	}
	dir, err := deploy.FindPrograms(filepath.Dir(self), arch)
	if err != nil {
		return deploy.Code{}, err
	}
	return deploy.Pack(dir, arch)
}
