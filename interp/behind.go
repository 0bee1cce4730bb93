package interp

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"sshell/interp/plan"
)

// behind is a span of a placed pipeline, as far as it has to end when one before it fails: what reads a pipe whose writer
// was lost must not see the pipe's end, which would make a part of the whole.
type behind struct {
	span
	ctx    context.Context // the span's
	stop   context.CancelFunc
	outer  *behind       // that of the stage whose pipeline this is of, nil for none
	leaves bool          // it is a segment
	done   chan struct{} // closed when it has ended, or will not be started

	starts sync.RWMutex // held while a child is started
	broken bool         // under starts
	mu     sync.Mutex
	pids   map[int]bool // of foreground children that were not waited for, where it stays
}

// end notes that the span has ended.
func (b *behind) end() {
	b.stop()
	close(b.done)
}

// start asks whether a child may be started, and keeps it from being missed until began is called. b may be nil.
func (b *behind) start() bool {
	if b == nil {
		return true
	}
	if !b.outer.start() {
		return false
	}
	b.starts.RLock()
	if !b.broken {
		return true
	}
	b.starts.RUnlock()
	b.outer.began(0, spawnOptions{})
	return false
}

// began notes a child that was started, 0 for one that could not be. b may be nil.
func (b *behind) began(pid int, opt spawnOptions) {
	if b == nil {
		return
	}
	defer b.outer.began(pid, opt)
	defer b.starts.RUnlock()
	if pid > 0 && opt.foreground {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.pids[pid] = true
	}
}

// ending waits until a child has ended and forgets it, where that can be before its number may be another's. b may be nil.
func (b *behind) ending(pid int) {
	if b != nil && awaitEnd(pid) {
		b.forget(pid)
	}
}

// forget forgets a child that was waited for. b may be nil.
func (b *behind) forget(pid int) {
	if b == nil {
		return
	}
	b.outer.forget(pid)
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.pids, pid)
}

// wasBroken reports whether the span's commands were killed. b may be nil.
func (b *behind) wasBroken() bool {
	if b == nil {
		return false
	}
	b.starts.RLock()
	defer b.starts.RUnlock()
	return b.broken || b.outer.wasBroken()
}

// kill ends what the span runs on the client, now and from now on: children first, since a command of this shell that is ended
// closes what it writes to them.
func (b *behind) kill() {
	b.starts.Lock()
	defer b.starts.Unlock()
	b.broken = true
	b.mu.Lock()
	killTrees(slices.Collect(maps.Keys(b.pids)))
	b.mu.Unlock()
	b.stop()
}

// endWithShell ends all spans when a termination or hang-up arrives that ends this shell, and would have ended it at once if it
// had no segments to stop first: a command of the client that goes on would keep it. An interrupt is for the commands too.
// What it returns waits until that is done, or will not be.
func (run *placedRun) endWithShell(ctx context.Context) (wait func()) {
	var ends uint64
	for _, s := range []unix.Signal{unix.SIGTERM, unix.SIGHUP} {
		if _, trapped := run.sh.traps.actions[signalName(s)]; !trapped && !run.sh.opts.interactive {
			ends |= 1 << uint(s)
		}
	}
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(done)
		if run.sh.proc.pending.Load()&ends != 0 {
			run.stopBehind(0)
		}
	})
	return func() {
		if !stop() {
			<-done
		}
	}
}

// stopBehind ends the spans from stage to on. The pipe into them must still be open, and stays so until it returns: segments are
// stopped first, since the end of a killed command's output is the end of their input.
func (run *placedRun) stopBehind(to int) {
	run.stopSegments(to)
	for _, b := range slices.Backward(run.parts) { // the last first: it reads what those before it write
		if b.from >= to && !b.leaves {
			b.kill()
		}
	}
}

// stopSegments stops the segments from stage to on, and waits for their ends.
func (run *placedRun) stopSegments(to int) {
	for _, b := range run.parts {
		if b.from >= to && b.leaves {
			b.stop()
		}
	}
	for _, b := range run.parts {
		if b.from >= to && b.leaves {
			<-b.done
		}
	}
}

// signalLag is how long after a command's death by a signal of the terminal this process has the signal too. They are sent at once; the
// time is for a machine that is busy.
const signalLag = 200 * time.Millisecond

// hold keeps the pipe from a stage to a segment open beyond the stage, until release; it gives a descriptor, or -1.
func (run *placedRun) hold(b *behind, out int) int {
	if b.to == len(run.stages) || run.placements[b.to].Target == plan.Client {
		return -1
	}
	held, err := unix.FcntlInt(uintptr(out), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return -1 // the stage is missed by an interrupt at most
	}
	return held
}

// release lets go of what hold gave, since the stage has ended. Where a signal has ended it that is meant for the whole
// pipeline, segments behind it are stopped first: they would take the end of their input for that of the whole.
func (run *placedRun) release(ctx context.Context, b *behind, held, status int) {
	if held < 0 {
		return
	}
	if status == 128+int(unix.SIGINT) || status == 128+int(unix.SIGTERM) {
		select {
		case <-ctx.Done():
			run.stopSegments(b.to)
		case <-time.After(signalLag):
		}
	}
	unix.Close(held)
}
