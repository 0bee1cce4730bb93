package interp

import (
	"fmt"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// runWait is wait.
func runWait(sh *Shell, args []string) int {
	next, name := false, ""
	words := args[1:]
	for len(words) > 0 && len(words[0]) > 1 && words[0][0] == '-' {
		flag := words[0]
		words = words[1:]
		switch {
		case flag == "--":
		case flag == "-n":
			next = true
		case flag == "-f":
		case flag == "-fn", flag == "-nf":
			next = true
		case flag == "-p" || flag == "-np":
			next = next || flag == "-np"
			if len(words) == 0 {
				sh.Errorf("wait: -p: option requires an argument")
				return 2
			}
			name, words = words[0], words[1:]
			if err := sh.unset(name, false, true, false); err != nil {
				sh.Errorf("wait: %s", err)
				return 1
			}
		default:
			sh.Errorf("wait: %s: invalid option", flag[:2])
			sh.errorLine("wait: usage: wait [-fn] [-p var] [id ...]")
			return 2
		}
		if flag == "--" {
			break
		}
	}
	if next {
		return sh.waitNext(words, name)
	}
	if len(words) == 0 {
		return sh.waitAll()
	}
	status := 0
	for _, word := range words {
		status = sh.waitFor(word, name)
		if sh.interrupting() != 0 {
			break
		}
	}
	return status
}

// waitAll waits for every child that runs.
func (sh *Shell) waitAll() int {
	t := sh.jobs
	s := sh.await(func() bool {
		for _, j := range t.jobs {
			if j.state == jobRunning && (!j.substitution || j.pid == sh.lastBg) {
				return false
			}
		}
		return true
	})
	if s != 0 {
		return 128 + int(s)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, j := range append([]*job(nil), t.jobs...) {
		if j.state == jobDone {
			t.forget(j)
		}
	}
	return 0
}

// waitFor waits for one job or child.
func (sh *Shell) waitFor(word, name string) int {
	t := sh.jobs
	j, err := t.find(word)
	if err != nil {
		if strings.HasPrefix(word, "%") {
			sh.Errorf("wait: %s", err)
			return statusNotFound
		}
		pid, convErr := strconv.Atoi(word)
		if convErr != nil {
			sh.Errorf("wait: `%s': not a pid or valid job spec", word)
			return 1
		}
		t.mu.Lock()
		status, known := t.ended[pid]
		t.mu.Unlock()
		if known {
			sh.setWaited(name, pid)
			return status
		}
		sh.Errorf("wait: pid %s is not a child of this shell", word)
		return statusNotFound
	}
	if s := sh.await(func() bool { return j.state != jobRunning }); s != 0 {
		return 128 + int(s)
	}
	t.mu.Lock()
	status := j.status
	if j.state == jobStopped {
		status = 128 + int(j.signal)
	} else {
		t.forget(j)
	}
	t.mu.Unlock()
	sh.setWaited(name, j.pid)
	return status
}

func (sh *Shell) setWaited(name string, pid int) {
	if name != "" {
		if err := sh.setRef(name, itoa(pid), false); err != nil {
			sh.Errorf("wait: %s", err)
		}
	}
}

// waitNext waits for whichever of the jobs, or of all, ends first.
func (sh *Shell) waitNext(words []string, name string) int {
	t := sh.jobs
	var among []*job
	for _, word := range words {
		j, err := t.find(word)
		if err != nil {
			if pid, convErr := strconv.Atoi(word); convErr == nil {
				t.mu.Lock()
				status, known := t.ended[pid]
				delete(t.ended, pid)
				t.mu.Unlock()
				if known {
					sh.setWaited(name, pid)
					return status
				}
			}
			sh.Errorf("wait: %s", err)
			continue
		}
		among = append(among, j)
	}
	var ended *job
	any := false
	s := sh.await(func() bool {
		candidates := among
		if len(words) == 0 {
			candidates = t.jobs
		}
		any = false
		for _, j := range candidates {
			if j.substitution {
				continue
			}
			any = true
			if j.state == jobDone {
				ended = j
				return true
			}
		}
		return !any
	})
	if s != 0 {
		return 128 + int(s)
	}
	if ended == nil {
		return statusNotFound
	}
	t.mu.Lock()
	status := ended.status
	t.forget(ended)
	t.mu.Unlock()
	sh.setWaited(name, ended.pid)
	return status
}

// runJobs is jobs.
func runJobs(sh *Shell, args []string) int {
	long, pids, onlyNew, running, stopped := false, false, false, false, false
	words := args[1:]
	for len(words) > 0 && len(words[0]) > 1 && words[0][0] == '-' {
		flags := words[0][1:]
		words = words[1:]
		if flags == "-" {
			break
		}
		for _, c := range []byte(flags) {
			switch c {
			case 'l':
				long = true
			case 'p':
				pids = true
			case 'n':
				onlyNew = true
			case 'r':
				running = true
			case 's':
				stopped = true
			case 'x':
				if len(words) == 0 {
					return 0
				}
				return sh.runWords(sh.jobPids(words), anyCommand)
			default:
				sh.Errorf("jobs: -%c: invalid option", c)
				sh.errorLine("jobs: usage: jobs [-lnprs] [jobspec ...] or jobs -x command [args]")
				return 2
			}
		}
	}
	sh.jobs.poll()
	list := sh.jobs.listed()
	status := 0
	if len(words) > 0 {
		list = nil
		for _, word := range words {
			j, err := sh.jobs.find(word)
			if err != nil {
				sh.Errorf("jobs: %s", err)
				status = 1
				continue
			}
			list = append(list, j)
		}
	}
	var b strings.Builder
	for _, j := range list {
		if running && j.state != jobRunning || stopped && j.state != jobStopped || onlyNew && j.notified {
			continue
		}
		if pids {
			b.WriteString(itoa(j.pid) + "\n")
			continue
		}
		b.WriteString(sh.jobs.describe(j, long) + "\n")
	}
	sh.jobs.dropNotified(list)
	sh.Out("jobs", []byte(b.String()))
	return status
}

// jobPids replaces job words by process ids, for jobs -x.
func (sh *Shell) jobPids(words []string) []string {
	out := make([]string, len(words))
	for i, word := range words {
		out[i] = word
		if strings.HasPrefix(word, "%") {
			if j, err := sh.jobs.find(word); err == nil {
				out[i] = itoa(j.pid)
			}
		}
	}
	return out
}

// listed gives the jobs that a user sees, by number.
func (t *jobTable) listed() []*job {
	t.mu.Lock()
	defer t.mu.Unlock()
	var list []*job
	for _, j := range t.jobs {
		if !j.substitution && !j.disowned {
			list = append(list, j)
		}
	}
	sort.Slice(list, func(a, b int) bool { return list[a].id < list[b].id })
	return list
}

// dropNotified forgets the jobs that ended, now that the user has been told.
func (t *jobTable) dropNotified(list []*job) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, j := range list {
		j.notified = true
		if j.state == jobDone {
			t.forget(j)
		}
	}
}

// describe is the line that jobs prints for one.
func (t *jobTable) describe(j *job, long bool) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	mark := byte(' ')
	if j == t.current(0) {
		mark = '+'
	} else if j == t.current(1) {
		mark = '-'
	}
	state := "Running"
	tail := ""
	switch {
	case j.state == jobStopped:
		state = "Stopped"
	case j.state == jobDone && j.signal != 0:
		state = signalText(j.signal)
	case j.state == jobDone && j.status != 0:
		state = "Exit " + itoa(j.status)
	case j.state == jobDone:
		state = "Done"
	default:
		tail = " &"
	}
	pid := ""
	if long {
		pid = fmt.Sprintf("%5d ", j.pid)
	}
	return fmt.Sprintf("[%d]%c  %s%-24s%s%s", j.id, mark, pid, state, j.text, tail)
}

// runKill is kill.
func runKill(sh *Shell, args []string) int {
	s := unix.SIGTERM
	words := args[1:]
	if len(words) > 0 && (words[0] == "-l" || words[0] == "-L") {
		return killList(sh, words[1:])
	}
	if len(words) > 0 && len(words[0]) > 1 && words[0][0] == '-' && words[0] != "--" {
		name := words[0][1:]
		words = words[1:]
		if name == "s" || name == "n" {
			if len(words) == 0 {
				sh.Errorf("kill: -%s: option requires an argument", name)
				return 1
			}
			name, words = words[0], words[1:]
		} else if rest, ok := strings.CutPrefix(name, "s"); ok && len(rest) > 0 {
			if _, plain := killSignal(name); !plain {
				name = rest
			}
		} else if rest, ok := strings.CutPrefix(name, "n"); ok && len(rest) > 0 {
			name = rest
		}
		n, ok := killSignal(name)
		if !ok {
			sh.Errorf("kill: %s: invalid signal specification", name)
			return 1
		}
		s = n
	}
	if len(words) > 0 && words[0] == "--" {
		words = words[1:]
	}
	if len(words) == 0 {
		sh.errorLine("kill: usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]")
		return 2
	}
	status := 1
	for _, word := range words {
		if sh.kill(word, s) {
			status = 0
		}
	}
	return status
}

// killSignal reads a signal for kill, where 0 and EXIT only ask whether a process is there.
func killSignal(word string) (unix.Signal, bool) {
	if word == "0" || strings.EqualFold(word, "EXIT") {
		return 0, true
	}
	return signalNumber(word)
}

// kill sends a signal to what a word means, and reports whether it could.
func (sh *Shell) kill(word string, s unix.Signal) bool {
	pid, err := strconv.Atoi(word)
	if err != nil {
		if !strings.HasPrefix(word, "%") {
			sh.Errorf("kill: %s: arguments must be process or job IDs", word)
			return false
		}
		j, err := sh.jobs.find(word)
		if err != nil {
			sh.Errorf("kill: %s", err)
			return false
		}
		pid = j.pid
		if j.pgid != 0 {
			pid = -j.pgid
		}
		if j.state == jobStopped && (s == unix.SIGTERM || s == unix.SIGHUP) {
			defer unix.Kill(pid, unix.SIGCONT)
		}
	}
	seen := sh.proc.received(s)
	if err := unix.Kill(pid, s); err != nil {
		sh.Errorf("kill: (%d) - %s", pid, sysMessage(err))
		return false
	}
	if pid == unix.Getpid() {
		sh.proc.settle(s, seen)
	}
	return true
}

// killList is kill -l.
func killList(sh *Shell, words []string) int {
	if len(words) == 0 {
		return listSignals(sh)
	}
	status := 0
	var b strings.Builder
	for _, word := range words {
		if n, err := strconv.Atoi(word); err == nil {
			if n > 128 {
				n -= 128
			}
			name := "EXIT"
			if n != 0 {
				name = signalName(unix.Signal(n))
			}
			if n < 0 || n > maxRealtime || name == itoa(n) {
				sh.Errorf("kill: %s: invalid signal specification", word)
				status = 1
				continue
			}
			b.WriteString(name + "\n")
			continue
		}
		n, ok := killSignal(word)
		if !ok {
			sh.Errorf("kill: %s: invalid signal specification", word)
			status = 1
			continue
		}
		b.WriteString(itoa(int(n)) + "\n")
	}
	sh.Out("kill", []byte(b.String()))
	return status
}

// runDisown is disown.
func runDisown(sh *Shell, args []string) int {
	all, running, keep := false, false, false
	words := args[1:]
	for len(words) > 0 && len(words[0]) > 1 && words[0][0] == '-' {
		for _, c := range []byte(words[0][1:]) {
			switch c {
			case 'a':
				all = true
			case 'r':
				running = true
			case 'h':
				keep = true
			default:
				sh.Errorf("disown: -%c: invalid option", c)
				return 2
			}
		}
		words = words[1:]
	}
	list := sh.jobs.listed()
	if !all && !running {
		if len(words) == 0 {
			words = []string{"%%"}
		}
		list = nil
		for _, word := range words {
			j, err := sh.jobs.find(word)
			if err != nil {
				sh.Errorf("disown: %s", err)
				return 1
			}
			list = append(list, j)
		}
	}
	sh.jobs.mu.Lock()
	defer sh.jobs.mu.Unlock()
	for _, j := range list {
		if running && j.state != jobRunning {
			continue
		}
		if keep {
			j.noHangup = true
		} else {
			j.disowned = true
		}
	}
	return 0
}

// runForeground is fg, runBackground bg.
func runForeground(sh *Shell, args []string) int {
	j, ok := sh.continueJob(args)
	if !ok {
		return 1
	}
	sh.Out("fg", []byte(j.text+"\n"))
	if fd, ok := sh.terminal(); ok && sh.opts.interactive {
		unix.IoctlSetPointerInt(fd, unix.TIOCSPGRP, j.pgid)
	}
	sh.resume(j)
	if s := sh.await(func() bool { return j.state != jobRunning }); s != 0 {
		return 128 + int(s)
	}
	sh.takeTerminal()
	sh.jobs.mu.Lock()
	defer sh.jobs.mu.Unlock()
	if j.state == jobStopped {
		return 128 + int(j.signal)
	}
	sh.jobs.forget(j)
	return j.status
}

func runBackground(sh *Shell, args []string) int {
	j, ok := sh.continueJob(args)
	if !ok {
		return 1
	}
	sh.Out("bg", []byte(fmt.Sprintf("[%d]+ %s &\n", j.id, j.text)))
	sh.resume(j)
	return 0
}

// continueJob finds the job that fg or bg is about.
func (sh *Shell) continueJob(args []string) (*job, bool) {
	if !sh.opts.monitor {
		sh.Errorf("%s: no job control", args[0])
		return nil, false
	}
	word := "%%"
	if len(args) > 1 {
		word = args[1]
		if !strings.HasPrefix(word, "%") {
			word = "%" + word
		}
	}
	j, err := sh.jobs.find(word)
	if err != nil {
		if len(args) == 1 {
			err = fmt.Errorf("current: no such job")
		}
		sh.Errorf("%s: %s", args[0], err)
		return nil, false
	}
	return j, true
}

// resume lets a stopped job go on.
func (sh *Shell) resume(j *job) {
	sh.jobs.mu.Lock()
	j.state = jobRunning
	sh.jobs.mu.Unlock()
	if j.pgid != 0 {
		unix.Kill(-j.pgid, unix.SIGCONT)
	} else {
		unix.Kill(j.pid, unix.SIGCONT)
	}
}
