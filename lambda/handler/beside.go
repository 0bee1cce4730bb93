package handler

import (
	"context"
	"errors"
	"io"
	"sync"

	"sshell/lambda"
	"sshell/remote/ship/artifact"
)

// HandleBeside makes the attempts that payloads ask for beside each other, and answers each by a response stream of its own, which it
// closes. An error says that this process cannot be trusted with another invocation; some streams have no end then.
func (h *Handler) HandleBeside(ctx context.Context, payloads [][]byte, to func(n int) io.WriteCloser) error {
	ctx = unhurried(ctx)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.begin()
	g := &group{h: h, broken: make(chan error, 1)}
	for n, payload := range payloads {
		w := to(n)
		req, err := lambda.DecodeRequest(payload)
		if err != nil {
			if err := refuse(w, err); err != nil {
				return err
			}
			continue
		}
		i := &invocation{h: h, req: req, live: lambda.NewLive(w), end: g.end}
		g.members = append(g.members, &member{invocation: i, w: w})
	}
	g.prepare(ctx)
	err := g.run(ctx)
	g.release()
	if err = errors.Join(err, h.tidy()); err == nil {
		h.again()
	}
	return err
}

// refuse answers a request that could not be read.
func refuse(w io.WriteCloser, why error) error {
	answer, err := lambda.EncodeRefusal(why)
	if err == nil {
		_, err = w.Write(answer)
	}
	return errors.Join(err, w.Close())
}

// group is attempts that are made beside each other.
type group struct {
	h       *Handler
	members []*member
	broken  chan error // why the environment cannot be used again

	mu      sync.Mutex
	running int // attempts under way
}

// member is one of the attempts.
type member struct {
	*invocation
	w     io.WriteCloser
	ships *artifact.Manifest
	err   error // why there will be no attempt
}

// prepare readies the tasks. What they ship is placed once, for all.
func (g *group) prepare(ctx context.Context) {
	var ready []*member
	var all []*artifact.Manifest
	for _, m := range g.members {
		if m.ships, m.err = m.load(ctx); m.err == nil {
			ready, all = append(ready, m), append(all, m.ships)
		}
	}
	for n, m := range ready {
		switch {
		case g.h.place == nil:
			m.err = m.placeHere(ctx, m.ships)
		case n == 0:
			m.err = m.place(ctx, artifact.Merge(all...))
		case ready[0].err != nil:
			m.err = ready[0].err
		default:
			m.rename()
		}
	}
	for _, m := range ready {
		if m.err == nil {
			m.err = m.settle(ctx)
		}
		if m.err == nil {
			g.running++
		}
	}
}

// run makes the attempts.
func (g *group) run(ctx context.Context) error {
	ended := make(chan struct{})
	var all sync.WaitGroup
	for _, m := range g.members {
		all.Go(func() {
			if err := m.respond(ctx); err != nil {
				g.broke(err)
			}
		})
	}
	go func() {
		all.Wait()
		close(ended)
	}()
	select {
	case err := <-g.broken: // the others may wait for outputs that have no end
		return err
	case <-ended:
	}
	select {
	case err := <-g.broken:
		return err
	default:
		return nil
	}
}

func (g *group) broke(err error) {
	select {
	case g.broken <- err:
	default:
	}
}

// respond makes an attempt and answers.
func (m *member) respond(ctx context.Context) error {
	response := m.invocation.respond(ctx, m.err)
	if m.survivors != nil {
		return m.survivors
	}
	answer, err := lambda.EncodeResponse(response)
	if err == nil {
		err = m.live.End(answer)
	}
	return errors.Join(err, m.w.Close())
}

// end is told that an attempt has ended. The last one's kills what processes are left, so that outputs end which they hold.
func (g *group) end(ctx context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.running--; g.running > 0 {
		return nil
	}
	return g.h.endKin(ctx)
}

func (g *group) release() {
	for _, m := range g.members {
		m.release()
	}
}
