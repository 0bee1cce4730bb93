package main

import (
	"fmt"
	"time"

	"sshell/scripts/bench/figure"
)

// maxOver is what a stage may take beyond a bare invocation, in milliseconds.
const maxOver = 5

// measureCall has a shell that stays and a bare client take turns.
func measureCall(l *lab) (results []figure.Result, err error) {
	s, err := l.open()
	if err != nil {
		return nil, err
	}
	defer closing(s.close, &err)
	hello, err := l.deployHello(s, 1)
	if err != nil {
		return nil, err
	}
	sh, err := l.newShell(s, nil)
	if err != nil {
		return nil, err
	}
	defer closing(sh.close, &err)

	stage := sh.timed("on lambda true")
	bare := func() (time.Duration, error) {
		began := time.Now()
		err := hello.invoke(l.ctx, 0)
		return time.Since(began), err
	}
	if _, err := figure.Duel(5, stage, bare); err != nil { // agent, functions and connections are warm then
		return nil, err
	}
	p, err := figure.Duel(int(l.scaled(200)), stage, bare)
	if err != nil {
		return nil, err
	}
	a, b := milliseconds(figure.Median(p.A)), milliseconds(figure.Median(p.B))
	return []figure.Result{{
		Detail: fmt.Sprintf("on lambda true %.2f ms, Invoke %.2f ms, p50 of %d of each in turns", a, b, len(p.A)),
		Value:  milliseconds(p.Difference()), Unit: " ms", Bound: figure.AtMost(maxOver),
	}}, nil
}

// closing calls what ends something whose use gave *err, which its own error does not hide.
func closing(end func() error, err *error) {
	if e := end(); *err == nil {
		*err = e
	}
}
