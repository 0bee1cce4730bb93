package lambda

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"sshell/remote"
	"sshell/remote/ship/artifact"
)

// shipments remembers what the tasks of a run have in common, so that a thousand of them look for it once. A run sees
// the files of its first task.
type shipments struct {
	mu   sync.Mutex
	runs map[string]*shipment
}

// maxRuns bounds the runs that are remembered, of which the shell has a few at a time. Those that are over are forgotten.
const maxRuns = 64

// of gives what is remembered of a task's run.
func (s *shipments) of(t *remote.Task) *shipment {
	s.mu.Lock()
	defer s.mu.Unlock()
	run, ok := s.runs[t.Run]
	if !ok {
		if s.runs == nil || len(s.runs) >= maxRuns {
			s.runs = make(map[string]*shipment)
		}
		run = new(shipment)
		s.runs[t.Run] = run
	}
	return run
}

// forget drops what is remembered of a run.
func (s *shipments) forget(run string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.runs, run)
}

// shipment is what the tasks of one run ship.
type shipment struct {
	mu    sync.Mutex
	dirs  map[string]string // working directories without links
	sets  map[setKey]*set
	words map[wordKey]*artifact.Manifest
	read  map[wordKey]bool
}

// setKey tells the programs of tasks apart. Tasks of one stage have one environment, not merely equal ones.
type setKey struct {
	dir     string
	environ *string // the first of the list
	count   int
	names   string
}

type wordKey struct{ dir, word string }

// maxKept bounds what a run remembers of sets and of words, each. Values that differ from task to task are not asked
// for again.
const maxKept = 4096

// set is the programs of tasks that have the same. part and err are there when done is closed.
type set struct {
	done chan struct{}
	part Part
	err  error
}

// workingDir is the function of that name, asked once.
func (s *shipment) workingDir(dir string) (string, error) {
	s.mu.Lock()
	real, ok := s.dirs[dir]
	s.mu.Unlock()
	if ok {
		return real, nil
	}
	real, err := workingDir(dir)
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dirs == nil || len(s.dirs) >= maxKept {
		s.dirs = make(map[string]string)
	}
	s.dirs[dir] = real
	return real, nil
}

// programs gives the manifest of a task's programs. The first task makes it while the others with the same wait; after an
// error the next one tries.
func (s *shipment) programs(ctx context.Context, key setKey, work func() (Part, error)) (Part, error) {
	for {
		s.mu.Lock()
		one, ok := s.sets[key]
		if !ok {
			if s.sets == nil || len(s.sets) >= maxKept {
				s.sets = make(map[setKey]*set)
			}
			one = &set{done: make(chan struct{})}
			s.sets[key] = one
		}
		s.mu.Unlock()
		if !ok {
			return s.lead(key, one, work)
		}
		select {
		case <-one.done:
		case <-ctx.Done():
			return Part{}, ctx.Err()
		}
		if one.err == nil {
			return one.part, nil
		}
	}
}

func (s *shipment) lead(key setKey, one *set, work func() (Part, error)) (Part, error) {
	defer close(one.done)
	if one.part, one.err = work(); one.err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.sets[key] == one {
			delete(s.sets, key)
		}
	}
	return one.part, one.err
}

func (s *shipment) keyOf(t *remote.Task, dir string) setKey {
	key := setKey{dir: dir, count: len(t.Environ)}
	if len(t.Environ) > 0 {
		key.environ = &t.Environ[0]
	}
	var names strings.Builder
	put := func(s string) {
		names.WriteString(s)
		names.WriteByte(0)
	}
	for _, st := range t.Stages {
		if len(st.Argv) > 0 {
			put(st.Argv[0])
		}
		for _, entry := range st.Env {
			put(entry)
		}
		put("") // no name is empty
	}
	for _, name := range t.Artifacts {
		if !s.isRead(dir, name) {
			put(name)
		}
	}
	key.names = names.String()
	return key
}

// word gives what is remembered of a word.
func (s *shipment) word(dir, word string) (*artifact.Manifest, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, ok := s.words[wordKey{dir, word}]
	return m, ok
}

func (s *shipment) keepWord(dir, word string, m *artifact.Manifest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.words == nil {
		s.words = make(map[wordKey]*artifact.Manifest)
	}
	if len(s.words) < maxKept {
		s.words[wordKey{dir, word}] = m
	}
}

// isRead tells an artifact that is only read from what may be run: it is named by a path from the working directory on, or is a
// file that cannot be executed.
func (s *shipment) isRead(dir, name string) bool {
	switch {
	case !strings.Contains(name, "/"):
		return false // a program, or what --with names
	case !filepath.IsAbs(name):
		return true
	}
	key := wordKey{dir, name}
	s.mu.Lock()
	read, ok := s.read[key]
	s.mu.Unlock()
	if ok {
		return read
	}
	st, err := os.Stat(name)
	read = err == nil && st.Mode().IsRegular() && st.Mode()&0o111 == 0 && within(dir, name)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.read == nil || len(s.read) >= maxKept {
		s.read = make(map[wordKey]bool)
	}
	s.read[key] = read
	return read
}
