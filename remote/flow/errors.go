package flow

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

var errIsDir = syscall.EISDIR

// cause strips the operation, and the path, that package os puts before an error: messages have them already.
func cause(err error) error {
	var path *fs.PathError
	var call *os.SyscallError
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &call):
		return call.Err
	}
	return err
}
