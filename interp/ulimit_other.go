//go:build !linux

package interp

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// noLimit is RLIM_INFINITY.
const noLimit = uint64(1<<63 - 1)

// limits are the resources, in the order in which ulimit -a lists them.
var limits = [...]limit{
	{'c', "core file size", "blocks", 512, unix.RLIMIT_CORE},
	{'d', "data seg size", "kbytes", 1024, unix.RLIMIT_DATA},
	{'f', "file size", "blocks", 512, unix.RLIMIT_FSIZE},
	{'l', "max locked memory", "kbytes", 1024, unix.RLIMIT_MEMLOCK},
	{'m', "max memory size", "kbytes", 1024, unix.RLIMIT_RSS},
	{'n', "open files", "", 1, unix.RLIMIT_NOFILE},
	{'p', "pipe size", "512 bytes", 1, pipeLimit},
	{'s', "stack size", "kbytes", 1024, unix.RLIMIT_STACK},
	{'t', "cpu time", "seconds", 1, unix.RLIMIT_CPU},
	{'u', "max user processes", "", 1, unix.RLIMIT_NPROC},
	{'v', "virtual memory", "kbytes", 1024, unix.RLIMIT_AS},
}

func getLimit(resource int) (soft, hard uint64, err error) {
	if resource == pipeLimit {
		return pipeBlocks, pipeBlocks, nil
	}
	var r syscall.Rlimit
	err = syscall.Getrlimit(resource, &r)
	return r.Cur, r.Max, err
}

func setLimit(resource int, soft, hard uint64) error {
	if resource == pipeLimit {
		return unix.EINVAL
	}
	return syscall.Setrlimit(resource, &syscall.Rlimit{Cur: soft, Max: hard})
}
