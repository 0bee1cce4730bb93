package interp

import (
	"bytes"
	"os/exec"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// noLimit is RLIM_INFINITY.
const noLimit = ^uint64(0)

// limits are the resources, in the order in which ulimit -a lists them.
var limits = [...]limit{
	{'R', "real-time non-blocking time", "microseconds", 1, unix.RLIMIT_RTTIME},
	{'c', "core file size", "blocks", 1024, unix.RLIMIT_CORE},
	{'d', "data seg size", "kbytes", 1024, unix.RLIMIT_DATA},
	{'e', "scheduling priority", "", 1, unix.RLIMIT_NICE},
	{'f', "file size", "blocks", 1024, unix.RLIMIT_FSIZE},
	{'i', "pending signals", "", 1, unix.RLIMIT_SIGPENDING},
	{'l', "max locked memory", "kbytes", 1024, unix.RLIMIT_MEMLOCK},
	{'m', "max memory size", "kbytes", 1024, unix.RLIMIT_RSS},
	{'n', "open files", "", 1, unix.RLIMIT_NOFILE},
	{'p', "pipe size", "512 bytes", 1, pipeLimit},
	{'q', "POSIX message queues", "bytes", 1, unix.RLIMIT_MSGQUEUE},
	{'r', "real-time priority", "", 1, unix.RLIMIT_RTPRIO},
	{'s', "stack size", "kbytes", 1024, unix.RLIMIT_STACK},
	{'t', "cpu time", "seconds", 1, unix.RLIMIT_CPU},
	{'u', "max user processes", "", 1, unix.RLIMIT_NPROC},
	{'v', "virtual memory", "kbytes", 1024, unix.RLIMIT_AS},
	{'x', "file locks", "", 1, unix.RLIMIT_LOCKS},
}

func getLimit(resource int) (soft, hard uint64, err error) {
	if resource == pipeLimit {
		return pipeBlocks, pipeBlocks, nil
	}
	var r unix.Rlimit
	if err := unix.Getrlimit(resource, &r); err != nil {
		return 0, 0, err
	}
	if resource == unix.RLIMIT_NOFILE && r.Cur == r.Max {
		r.Cur = openFilesAtStart(r.Cur)
	}
	return r.Cur, r.Max, nil
}

// openFilesAtStart gives the soft limit on open files as it was before Go's runtime raised it to the hard one.
// Nothing but a child, which gets the old one back, can tell.
func openFilesAtStart(now uint64) uint64 {
	var out bytes.Buffer
	cmd := exec.Command("/bin/sh", "-c", "ulimit -Sn")
	cmd.Stdout = &out
	cmd.Env = []string{"PATH=" + defaultPath}
	if cmd.Run() != nil {
		return now
	}
	n, err := strconv.ParseUint(string(bytes.TrimSpace(out.Bytes())), 10, 64)
	if err != nil {
		return now
	}
	return n
}

func setLimit(resource int, soft, hard uint64) error {
	if resource == pipeLimit {
		return unix.EINVAL
	}
	// syscall's own call also tells the runtime not to restore the soft limit on open files in children.
	return syscall.Setrlimit(resource, &syscall.Rlimit{Cur: soft, Max: hard})
}
