package flow

import (
	"os"
	"strconv"
	"strings"
)

// processUmask returns the file mode creation mask of this process, without setting it as the system call would.
func processUmask() (int, bool) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, false
	}
	_, rest, ok := strings.Cut(string(status), "\nUmask:\t")
	if !ok {
		return 0, false
	}
	text, _, _ := strings.Cut(rest, "\n")
	mask, err := strconv.ParseUint(text, 8, 32)
	return int(mask), err == nil
}
