package flow

import (
	"errors"
	"io/fs"
	"os"

	"sshell/remote/ledger"
)

// seqSet is a set of the numbers of tasks, a bit each.
type seqSet struct{ bits []uint64 }

// maxSeq bounds what a joblog can claim: a bit for each number up to it is 128 MiB.
const maxSeq = 1 << 30

func (s *seqSet) set(seq int64, in bool) {
	if seq < 1 || seq > maxSeq {
		return
	}
	word, bit := int(seq/64), uint64(1)<<(seq%64)
	if in && word >= len(s.bits) {
		s.bits = append(s.bits, make([]uint64, word+1-len(s.bits))...)
	}
	switch {
	case in:
		s.bits[word] |= bit
	case word < len(s.bits):
		s.bits[word] &^= bit
	}
}

func (s *seqSet) has(seq int64) bool {
	word := int(seq / 64)
	return word < len(s.bits) && s.bits[word]&(1<<(seq%64)) != 0
}

// readDone returns the tasks that a joblog says are done, failed ones only if they are not to run again. A joblog that
// does not exist has none.
func readDone(path string, redoFailed bool) (*seqSet, error) {
	done := &seqSet{}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return done, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return done, ledger.ReadJoblog(f, func(seq int64, ok bool) { done.set(seq, ok || !redoFailed) })
}
