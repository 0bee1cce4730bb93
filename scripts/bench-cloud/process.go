package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// process is the number of one, which is looked at in /proc.
type process int

// tick is the unit of CPU times in /proc, which Linux fixes for all processors (USER_HZ).
const tick = 10 * time.Millisecond

func (p process) read(file string) (string, error) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(int(p)), file))
	return string(text), err
}

// stat gives the process's name and the fields behind it, of which proc_pid_stat(5) calls the first the third.
func (p process) stat() (name string, fields []string, err error) {
	text, err := p.read("stat")
	if err != nil {
		return "", nil, err
	}
	open, end := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
	fields = strings.Fields(text[end+1:])
	if open < 0 || end < open || len(fields) < 20 {
		return "", nil, fmt.Errorf("read stat of process %d: %q", p, text)
	}
	return text[open+1 : end], fields, nil
}

func (p process) name() (string, error) {
	name, _, err := p.stat()
	return name, err
}

// children are the processes whose parent it is.
func (p process) children() ([]process, error) {
	names, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil, err
	}
	var all []process
	for _, name := range names {
		n, err := strconv.Atoi(filepath.Base(name))
		if err != nil {
			return nil, err
		}
		const parent = 4 - 3
		if _, fields, err := process(n).stat(); err == nil && fields[parent] == strconv.Itoa(int(p)) { // others end meanwhile
			all = append(all, process(n))
		}
	}
	return all, nil
}

// cpu is what it used so far, of its own and of the kernel's.
func (p process) cpu() (time.Duration, error) {
	_, fields, err := p.stat()
	if err != nil {
		return 0, err
	}
	const user, system = 14 - 3, 15 - 3
	var ticks int64
	for _, text := range []string{fields[user], fields[system]} {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read stat of process %d: %w", p, err)
		}
		ticks += n
	}
	return time.Duration(ticks) * tick, nil
}

// peak is the most memory it had resident, in bytes.
func (p process) peak() (int64, error) {
	kib, err := p.sum("status", "VmHWM")
	return kib << 10, err
}

// moved is what it read and wrote so far by read(2), write(2) and their like, in bytes.
func (p process) moved() (int64, error) { return p.sum("io", "rchar", "wchar") }

// sum adds the values of lines "name: value", which must all be there.
func (p process) sum(file string, names ...string) (int64, error) {
	text, err := p.read(file)
	if err != nil {
		return 0, err
	}
	total := int64(0)
	for _, name := range names {
		_, rest, found := strings.Cut("\n"+text, "\n"+name+":")
		value, _, _ := strings.Cut(strings.TrimSpace(rest), "\n")
		n, err := strconv.ParseInt(strings.TrimSuffix(value, " kB"), 10, 64)
		if !found || err != nil {
			return 0, fmt.Errorf("read %s of process %d: no %s", file, p, name)
		}
		total += n
	}
	return total, nil
}
