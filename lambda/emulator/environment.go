package emulator

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// state is what an environment does.
type state int

const (
	starting state = iota // its bootstrap has not asked for work yet
	idle
	busy     // it has an invocation
	settling // it has answered that, and not asked for more yet
	ended
)

// cause is why an environment was ended from outside.
type cause int

const (
	causeNone cause = iota
	causeRetired
	causeTimeout
	causeInit // it did not ask for work in time, or said that it cannot start
	causeMemory
)

// environment is one bootstrap process, whom it serves now, and the runtime API it sees. The server's mu guards what
// changes.
type environment struct {
	id       string
	function *function
	server   *Server
	config   *configuration

	state     state
	cause     cause
	current   *invocation      // of a starting, busy or settling environment
	work      chan *invocation // what an idle environment is handed
	timer     *time.Timer      // ends what takes too long
	initError []byte           // what the runtime said about why it cannot start
	born      time.Time
	initTook  time.Duration // once it asked for work; shown in its first report only

	stop func() // may be called at any time, and again
	gone chan struct{}
	logs *logs
	proc *process
}

// start starts an environment for an invocation. mu is held, and the server is not closed.
func (f *function) start(inv *invocation) {
	gone := make(chan struct{})
	e := &environment{id: newID(), function: f, server: f.server, config: f.config, current: inv,
		work: make(chan *invocation, 1), gone: gone, stop: sync.OnceFunc(func() { close(gone) })}
	f.all[e] = true
	e.server.tasks.Go(e.run)
}

// run is an environment's life.
func (e *environment) run() {
	if t := time.NewTimer(e.server.ColdStart); e.server.ColdStart > 0 {
		select {
		case <-t.C:
		case <-e.gone:
		}
		t.Stop()
	}
	err := e.serve()
	e.over(err)
}

// serve starts the runtime API and the process, and waits until the process ended. Its error is that of a bootstrap that could not be started,
// or how it ended.
func (e *environment) serve() error {
	logs, err := newLogs(e.server)
	if err != nil {
		return err
	}
	defer logs.close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	e.server.mu.Lock()
	e.logs = logs
	e.born = time.Now()
	e.timer = time.AfterFunc(maxInit+e.config.timeout(), func() { e.endLocked(causeInit) })
	e.server.mu.Unlock()
	api := &http.Server{Handler: e.runtimeAPI()}
	var served sync.WaitGroup
	served.Go(func() { api.Serve(l) }) // always ErrServerClosed, or the process's calls fail
	defer served.Wait()
	defer api.Close()
	proc, err := e.startProcess(l.Addr().String())
	if err != nil {
		return err
	}
	e.server.mu.Lock()
	e.proc = proc
	e.server.mu.Unlock()
	over := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		select {
		case <-e.gone:
			proc.kill()
		case <-over:
		}
	})
	watch.Go(func() { proc.watchMemory(over, func() { e.endLocked(causeMemory) }) })
	err = proc.wait()
	close(over)
	watch.Wait()
	logs.drain()
	proc.close()
	return err
}

// end ends an environment. mu is held.
func (e *environment) end(why cause) {
	if e.cause == causeNone {
		e.cause = why
	}
	e.stop()
}

func (e *environment) endLocked(why cause) {
	e.server.mu.Lock()
	defer e.server.mu.Unlock()
	e.end(why)
}

// over answers the invocation of an environment that has ended, and takes it out of its pool.
func (e *environment) over(err error) {
	s, f := e.server, e.function
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.state == settling {
		f.settling--
	}
	if e.timer != nil {
		e.timer.Stop()
	}
	before := e.state
	e.state = ended
	delete(f.all, e)
	f.idle = slices.DeleteFunc(f.idle, func(other *environment) bool { return other == e })
	if e.current == nil || e.current.answered {
		return
	}
	e.current.finish(e.report(answer{failure: e.failure(before, err)}))
}

// failure says why an environment ended while it had an invocation.
func (e *environment) failure(before state, err error) *failure {
	id := e.current.id
	switch {
	case e.cause == causeTimeout:
		return newFailureText("Sandbox.Timedout", fmt.Sprintf("RequestId: %s Error: Task timed out after %.2f seconds", id, e.config.timeout().Seconds()))
	case e.cause == causeMemory:
		return newFailure("Runtime.OutOfMemory", id, "Runtime exited with error: signal: killed")
	case e.initError != nil:
		return &failure{errorType(e.initError, ""), e.initError}
	case e.cause == causeInit:
		return newFailureText("Sandbox.Timedout", fmt.Sprintf("RequestId: %s Error: Task timed out after %.2f seconds", id, (maxInit+e.config.timeout()).Seconds()))
	case e.cause == causeRetired:
		return newFailure("Runtime.ExitError", id, "the service is closing")
	}
	var refused *startError
	if errors.As(err, &refused) {
		return newFailure("Runtime.InvalidEntrypoint", id, refused.Error())
	}
	if err != nil {
		return newFailure("Runtime.ExitError", id, "Runtime exited with error: "+err.Error())
	}
	return newFailure("Runtime.ExitError", id, "Runtime exited without providing a reason")
}

// assign hands an environment an invocation, whose time begins. mu is held.
func (e *environment) assign(inv *invocation) {
	e.state, e.current = busy, inv
	inv.started = time.Now()
	inv.deadline = inv.started.Add(e.config.timeout())
	if e.timer != nil {
		e.timer.Stop()
	}
	e.timer = time.AfterFunc(e.config.timeout(), func() { e.timedOut(inv) })
	e.logs.begin(inv.id)
	inv.mishap.meet(e, inv)
}

func (e *environment) timedOut(inv *invocation) {
	e.server.mu.Lock()
	defer e.server.mu.Unlock()
	if e.current == inv && (e.state == busy || e.state == settling) {
		e.end(causeTimeout)
	}
}

// report adds the log to an answer, with the service's line about what the invocation took. mu is held.
func (e *environment) report(a answer) answer {
	if e.logs == nil {
		return a
	}
	inv := e.current
	var took time.Duration
	if !inv.started.IsZero() {
		took = time.Since(inv.started)
	}
	const ms = float64(time.Millisecond)
	line := fmt.Sprintf("END RequestId: %s\nREPORT RequestId: %s\tDuration: %.2f ms\tBilled Duration: %d ms\tMemory Size: %d MB\tMax Memory Used: %d MB",
		inv.id, inv.id, float64(took)/ms, (took + time.Millisecond - 1).Milliseconds(), e.config.MemorySize, e.proc.peak()>>20)
	if e.initTook > 0 {
		line += fmt.Sprintf("\tInit Duration: %.2f ms", float64(e.initTook)/ms)
		e.initTook = 0
	}
	if a.failure != nil {
		line += "\tStatus: error\tError Type: " + a.failure.kind
	}
	a.log = e.logs.finish(line + "\n")
	return a
}
