//go:build !linux

package flow

func processUmask() (int, bool) { return 0, false }
