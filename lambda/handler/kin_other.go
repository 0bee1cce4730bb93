//go:build !linux

package handler

import "time"

// adoptOrphans does nothing: functions run on Linux, and elsewhere this package only serves to be looked at.
func adoptOrphans() error { return nil }

// killKin kills nothing more than the worker does.
func killKin() error { return nil }

// reapAll finds nothing that the worker has left.
func reapAll() bool { return true }

// partAgents waits for nobody.
func (h *Handler) partAgents(time.Time) error { return nil }

// isAgent knows none.
func (h *Handler) isAgent(int) bool { return false }
