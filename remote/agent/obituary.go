package agent

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"

	"sshell/remote"
)

// obituary says why an agent that has ended gives no more answers.
func (p *program) obituary(heard error, greeted bool, how, said string) error {
	if said != "" {
		how += ": " + said
	}
	if !greeted {
		return notStarted(fmt.Errorf("agent: %s: ended before it said hello (%s): install sshell and its agent from one build", p.path, how))
	}
	if errors.Is(heard, errFrame) {
		how = heard.Error() + ": " + how
	}
	return fmt.Errorf("agent: %s: ended (%s): %w; the next use starts a new one", p.path, how, remote.ErrLost)
}

// maxWords is how much of the end of what an agent says is kept, in bytes: the report of a crash is a few KiB.
const maxWords = 64 << 10

// lastWords reads all that an agent says on its standard error, and gives the line that says most: where its runtime
// reports a crash, else the last.
func lastWords(r *os.File) string {
	defer r.Close()
	var kept []byte
	buf := make([]byte, 4096)
	for {
		n, err := r.Read(buf)
		kept = append(kept, buf[:n]...)
		if extra := len(kept) - maxWords; extra > 0 {
			kept = append(kept[:0], kept[extra:]...)
		}
		if err != nil {
			return tellingLine(string(bytes.TrimSpace(kept)))
		}
	}
}

func tellingLine(text string) string {
	last := ""
	for line := range strings.SplitSeq(text, "\n") {
		if strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") {
			return line
		}
		last = line
	}
	return last
}
