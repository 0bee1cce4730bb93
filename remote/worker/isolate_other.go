//go:build !linux

package worker

import (
	"fmt"
	"runtime"

	"sshell/interp/plan"
	"sshell/remote"
)

// isolationRefused says what an error of isolated means.
func isolationRefused(error) error {
	return fmt.Errorf("isolate: %s cannot isolate tasks: needs Linux", runtime.GOOS)
}

func enterRoot(*order) (Config, error) {
	return Config{}, &remote.NotStartedError{Status: plan.StatusMachinery, Err: isolationRefused(nil)}
}
