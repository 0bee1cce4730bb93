package main

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"sshell/scripts/bench/figure"
)

const (
	maxOfIdeal = 1.3
	maxCPU     = 1.0 // ms a task, of client and agent together
)

// measureTasks has tasks and bare invocations that only sleep take turns. The processor is the functions' too, so that what the bare
// ones take beyond the ideal is what this machine is short of.
func measureTasks(l *lab) (results []figure.Result, err error) {
	n, atOnce := l.scaled(1000), l.scaled(200)
	nap := time.Duration(l.scaled(int64(time.Second)))
	s, err := l.open()
	if err != nil {
		return nil, err
	}
	defer closing(s.close, &err)
	hello, err := l.deployHello(s, int(atOnce))
	if err != nil {
		return nil, err
	}
	sh, err := l.newShell(s, nil)
	if err != nil {
		return nil, err
	}
	defer closing(sh.close, &err)

	tasks := func(n int64, nap time.Duration) func() (time.Duration, error) {
		return sh.timed(fmt.Sprintf("parmap --on lambda -j %d sleep :::%s", atOnce, strings.Repeat(fmt.Sprintf(" %g", nap.Seconds()), int(n))))
	}
	bare := func(n int64, nap time.Duration) func() (time.Duration, error) {
		return func() (time.Duration, error) { return l.invokeAll(hello, n, atOnce, nap) }
	}
	// All environments are there, and warm, when as many tasks as have room took so long that none could take another's.
	if _, err := figure.Duel(2, tasks(atOnce, 5*nap), bare(atOnce, 5*nap)); err != nil {
		return nil, err
	}
	client, agent, err := sh.processes()
	if err != nil {
		return nil, err
	}
	before, err := cpu(client, agent)
	if err != nil {
		return nil, err
	}
	p, err := figure.Duel(3, tasks(n, nap), bare(n, nap))
	if err != nil {
		return nil, err
	}
	after, err := cpu(client, agent)
	if err != nil {
		return nil, err
	}
	ideal := nap * time.Duration((n+atOnce-1)/atOnce)
	took, peer := figure.Median(p.A), figure.Median(p.B)
	return []figure.Result{
		{Detail: fmt.Sprintf("%.2f s, the ideal %.2f s; as many bare Invokes %.2f s, of which it is %.2f ×",
			took.Seconds(), ideal.Seconds(), peer.Seconds(), p.Ratio()),
			Value: float64(took) / float64(ideal), Unit: " ×", Bound: figure.AtMost(maxOfIdeal)},
		{Detail: fmt.Sprintf("processor time a task, client and agent, of %d", n*int64(len(p.A))),
			Value: milliseconds(after-before) / float64(n*int64(len(p.A))), Unit: " ms", Bound: figure.AtMost(maxCPU)},
	}, nil
}

// invokeAll makes n invocations, so many at a time.
func (l *lab) invokeAll(hello *peer, n, atOnce int64, nap time.Duration) (time.Duration, error) {
	work := make(chan struct{}, n)
	for range n {
		work <- struct{}{}
	}
	close(work)
	failures := make([]error, atOnce)
	began := time.Now()
	var all sync.WaitGroup
	for i := range failures {
		all.Go(func() {
			for range work {
				if failures[i] = hello.invoke(l.ctx, nap); failures[i] != nil {
					return
				}
			}
		})
	}
	all.Wait()
	return time.Since(began), errors.Join(failures...)
}

// cpu is what processes used together.
func cpu(of ...process) (time.Duration, error) {
	total := time.Duration(0)
	for _, p := range of {
		used, err := p.cpu()
		if err != nil {
			return 0, err
		}
		total += used
	}
	return total, nil
}
