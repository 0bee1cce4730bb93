package shell

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"sshell/interp/plan"
)

// Route is a way by which stages leave the client, and the targets that it leads to.
type Route struct {
	Targets []plan.Target
	// Segments makes what runs the stages. It is called once, when the first one leaves.
	Segments func(Setup) (plan.Segments, error)
}

// Setup is what a Route's Segments are made with.
type Setup struct {
	Files   plan.Files
	S3      string // what s3:// is, see settings.Settings
	S3Dir   string // where s3:// is a folder, its absolute path
	Isolate bool   // tasks see an empty root and what they were shipped
}

// segments runs each segment by the route that leads to its target.
type segments []*route

// route makes its real Segments when the first stage leaves: a script without one does not pay for it.
type route struct {
	targets []plan.Target
	real    func() (plan.Segments, error)
}

func newSegments(routes []Route, setup func() Setup) segments {
	var s segments
	for _, r := range routes {
		s = append(s, &route{r.Targets, sync.OnceValues(func() (plan.Segments, error) { return r.Segments(setup()) })})
	}
	return s
}

// targets are all that a stage can be sent to.
func (s segments) targets() []plan.Target {
	var all []plan.Target
	for _, r := range s {
		all = append(all, r.targets...)
	}
	return all
}

// to gives what runs segments on a target.
func (s segments) to(target plan.Target) (plan.Segments, error) {
	for _, r := range s {
		if slices.Contains(r.targets, target) {
			return r.real()
		}
	}
	return nil, fmt.Errorf("no target %s", target)
}

// Run implements plan.Segments.
func (s segments) Run(ctx context.Context, seg plan.Segment) ([]plan.Status, error) {
	real, err := s.to(seg.Target)
	if err != nil {
		return nil, err
	}
	return real.Run(ctx, seg)
}

// ReadsObjects implements plan.ObjectReader.
func (s segments) ReadsObjects(target plan.Target) bool {
	real, err := s.to(target)
	if err != nil {
		return false
	}
	r, ok := real.(plan.ObjectReader)
	return ok && r.ReadsObjects(target)
}

// Explain implements plan.Explainer.
func (s segments) Explain(ctx context.Context, seg plan.Segment) ([]string, error) {
	real, err := s.to(seg.Target)
	if err != nil {
		return nil, err
	}
	if e, ok := real.(plan.Explainer); ok {
		return e.Explain(ctx, seg)
	}
	return nil, nil
}
