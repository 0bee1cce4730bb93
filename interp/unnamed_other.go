//go:build !linux

package interp

import (
	"errors"
	"os"
)

// unnamedFile makes a file without a name, which only Linux can.
func unnamedFile(string) (*os.File, error) { return nil, errors.ErrUnsupported }

func linkUnnamed(*os.File, string) error { return errors.ErrUnsupported }
