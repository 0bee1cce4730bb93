package handler

import "sshell/remote/worker"

// Ready starts the process of the first task ahead, unless an invocation has come already. It is for one who has asked for
// an invocation, and waits.
func (h *Handler) Ready() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.served {
		h.startAhead()
	}
}

// Close ends the process that waits for the next invocation. There must be none after it.
func (h *Handler) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.served = true
	h.endAhead()
}

// begin is called before an invocation is handled. mu is held.
func (h *Handler) begin() {
	h.served = true
	h.killed.Store(false)
	h.shell.Store(false)
}

// again starts the next task's process ahead, if the last was a shell's: one is often like the last. Lambda may freeze the
// environment half-way, which does no harm. mu is held.
func (h *Handler) again() {
	if h.shell.Load() {
		h.startAhead()
	}
}

// startAhead starts the process of the next task, so that its start takes none of that task's time. Where that fails the
// task will say why, if it has to start one. mu is held.
func (h *Handler) startAhead() {
	if h.ahead == nil && len(h.cfg.Self) > 0 {
		h.ahead, _ = worker.StartAhead(h.cfg.Self)
	}
}

// endAhead ends a process that was started ahead and not needed. mu is held, and no task runs.
func (h *Handler) endAhead() {
	if h.ahead != nil {
		h.ahead.Close()
		h.ahead = nil
	}
}
