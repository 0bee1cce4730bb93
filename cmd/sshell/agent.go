package main

import (
	"context"
	"os"
	"slices"
	"strings"
	"sync"

	"sshell/interp/plan"
	"sshell/pipes/objstore"
	"sshell/remote/agent"
	"sshell/remote/settings"
	"sshell/shell"
)

// agentProgram is the agent's program, beside this one's.
const agentProgram = "sshell-agent"

// distant is what is reached by the agent only, because of what that takes to link. The agent starts when it is first used.
type distant struct {
	dir     string // where this shell started, whose settings are its own and the agent's wherever the script goes
	once    sync.Once
	client  *agent.Client
	objects bool // s3:// names an account's objects, not a folder
}

// agent gives the agent, which has the shell's way to run tasks from the first one who asks.
func (d *distant) agent(isolate bool) *agent.Client {
	d.once.Do(func() {
		path, err := os.Executable()
		if err != nil {
			path = "" // the agent is found by PATH, and its tasks by source have no shell
		}
		cfg := agent.Config{Program: agentProgram, Beside: path, Build: agent.Build()}
		if path != "" {
			cfg.Args = append(cfg.Args, "--shell", path)
		}
		if d.dir != "" {
			cfg.Args = append(cfg.Args, "--dir", d.dir)
		}
		if isolate {
			cfg.Args = append(cfg.Args, "--isolate")
		}
		d.client = agent.New(cfg)
	})
	return d.client
}

// segments runs stages in the agent.
func (d *distant) segments(setup shell.Setup) (plan.Segments, error) {
	return d.agent(setup.Isolate), nil
}

// files gives the objects of the account; nil where s3:// is a folder.
func (d *distant) files(setup shell.Setup) plan.Files {
	if d.objects = setup.S3 == settings.S3AWS; !d.objects {
		return nil
	}
	return d.agent(setup.Isolate).Files()
}

// local runs the stages of this machine: here, or in the agent where they name objects of the account.
func (d *distant) local(setup shell.Setup) (plan.Segments, error) {
	near, err := segments(setup)
	if err != nil || !d.objects {
		return near, err
	}
	return &byName{near: near, far: d.agent(setup.Isolate)}, nil
}

// byName runs segments that name objects elsewhere than those that do not.
type byName struct {
	near plan.Segments
	far  objectSegments
}

// objectSegments is a plan.Segments that has an account's objects.
type objectSegments interface {
	plan.Segments
	plan.ObjectReader
}

// Run implements plan.Segments.
func (b *byName) Run(ctx context.Context, seg plan.Segment) ([]plan.Status, error) {
	return b.of(seg).Run(ctx, seg)
}

// ReadsObjects implements plan.ObjectReader: a segment whose standard input is an object is one that names it.
func (b *byName) ReadsObjects(target plan.Target) bool { return b.far.ReadsObjects(target) }

// Explain implements plan.Explainer.
func (b *byName) Explain(ctx context.Context, seg plan.Segment) ([]string, error) {
	return b.of(seg).(plan.Explainer).Explain(ctx, seg)
}

func (b *byName) of(seg plan.Segment) plan.Segments {
	if seg.In != "" {
		return b.far
	}
	for _, s := range seg.Stages {
		if strings.Contains(s.Source, objstore.Scheme) || slices.ContainsFunc(s.Argv, objstore.IsURL) {
			return b.far
		}
	}
	return b.near
}
