package objpipe

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sshell/pipes"
	"sshell/pipes/objstore/mem"
)

const (
	attemptSeeds = 60
	// slowest is more than any of these streams takes, with all tries and looks.
	slowest = 5 * time.Minute
)

// TestAttemptsInARow: attempts are lost one after the other, each at any moment, while their writers go on and do not know,
// and requests fail. Some write the same bytes as the one before and some do not. A reader gets what one of them wrote as a
// whole, or learns that it did not, and where to begin again.
func TestAttemptsInARow(t *testing.T) {
	ends := map[string]int{}
	for seed := range uint64(attemptSeeds) {
		synctest.Test(t, func(t *testing.T) {
			end := attemptsInARow(t, seed)
			ends[end]++
			if t.Failed() {
				t.Logf("seed %d: %s", seed, end)
			}
		})
	}
	t.Log(ends) // one that begins again for certain is in the suite
	for _, end := range []string{"as it was", "went on", "broke"} {
		if ends[end] == 0 {
			t.Errorf("no stream %s: %v", end, ends)
		}
	}
}

func attemptName(n int) string { return fmt.Sprintf("sort/%d", n) }

func attemptsInARow(t *testing.T, seed uint64) (end string) {
	rng := rand.New(rand.NewPCG(seed, 11))
	store := new(mem.Store)
	fail := 0.1
	if seed%2 == 1 {
		fail = 0.6
	}
	s := distant(store, 30*time.Millisecond, 10*time.Millisecond).seeded(seed, fail)
	s.perMB = 20 * time.Millisecond
	transport := newApart(s)
	attempts := [][]byte{random(400<<10, seed)}
	for i := range rng.IntN(4) {
		data := attempts[i]
		switch rng.IntN(3) {
		case 0: // alike up to some byte
			data = bytes.Clone(data)
			data[rng.IntN(8<<10)%len(data)]++
		case 1: // as long as it happens to be
			data = random(4+rng.IntN(500<<10), seed)
		}
		attempts = append(attempts, data)
	}
	began := time.Now()
	var writers sync.WaitGroup
	writers.Go(func() { writeAttempts(t, transport, attempts, rng, &writers) })
	read := 0 // how often a reader began
	var err error
	for name := attemptName(0); name != ""; read++ {
		name, err = readAttempts(t, transport, name, attempts)
	}
	took := time.Since(began)
	writers.Wait()
	if took > slowest {
		t.Errorf("the reader's end took %v", took)
	}
	s.set(func() { s.fail = 0 })
	for i := range attempts {
		if err := transport.Remove(t.Context(), attemptName(i)); err != nil {
			t.Error(err)
		}
	}
	wantEmpty(t, store)
	switch {
	case err != nil:
		return "broke"
	case read > 1:
		return "began again"
	case len(attempts) > 1:
		return "went on"
	}
	return "as it was"
}

// writeAttempts loses all attempts but the last, each after some time, and leaves their writers to themselves.
func writeAttempts(t *testing.T, transport apart, attempts [][]byte, rng *rand.Rand, writers *sync.WaitGroup) {
	for i, data := range attempts {
		pieces := rand.New(rand.NewPCG(rng.Uint64(), 1))
		lost := &pipes.Broken{Cause: "lost"}
		if i+1 < len(attempts) {
			lost.Next = attemptName(i + 1)
		}
		writers.Go(func() {
			if err := writeAttempt(t, transport, i, data, pieces); err != nil && lost.Next == "" {
				breakSurely(t, transport, attemptName(i), lost)
			}
		})
		if lost.Next != "" {
			time.Sleep(time.Duration(50+rng.IntN(250)) * time.Millisecond)
			breakSurely(t, transport, attemptName(i), lost)
		}
	}
}

// breakSurely breaks a stream as a scheduler does, whose word comes through at last.
func breakSurely(t *testing.T, transport apart, name string, cause *pipes.Broken) {
	for transport.Break(t.Context(), name, cause) != nil {
		time.Sleep(time.Second)
	}
}

func writeAttempt(t *testing.T, transport apart, n int, data []byte, pieces *rand.Rand) error {
	w, err := transport.Create(t.Context(), attemptName(n))
	if errors.Is(err, errNetwork) {
		return err
	} else if err != nil {
		t.Errorf("attempt %d: %v", n, err)
		return err
	}
	if _, err := transport.Create(t.Context(), attemptName(n)); !errors.Is(err, fs.ErrExist) && !errors.Is(err, errNetwork) {
		t.Errorf("attempt %d delivered twice: %v, want fs.ErrExist", n, err)
	}
	err = script(w, data, pieces)
	if err != nil && !errors.Is(err, pipes.ErrBroken) {
		t.Errorf("attempt %d writes: %v", n, err)
	}
	return err
}

// readAttempts reads on from the attempt that the name is of, and returns where to begin again.
func readAttempts(t *testing.T, transport apart, name string, attempts [][]byte) (next string, err error) {
	r, err := pipes.Follow(t.Context(), transport, name)
	if err != nil {
		t.Error(err)
		return "", err
	}
	defer r.Close()
	got, err := io.ReadAll(r)
	whole, part := false, false
	for _, data := range attempts {
		whole = whole || bytes.Equal(got, data)
		part = part || bytes.HasPrefix(data, got)
	}
	var broken *pipes.Broken
	status, known := r.Status()
	switch {
	case !part:
		t.Errorf("the %d bytes that came from %s on are of no attempt", len(got), name)
	case err == nil && (!whole || status != 7 || !known):
		t.Errorf("end of file after %d bytes from %s on, whole: %v, with status %d, known: %v", len(got), name, whole, status, known)
	case err != nil && !errors.As(err, &broken):
		t.Errorf("read: %v", err)
	case err != nil && broken.Next == name:
		t.Errorf("%s is to be followed by itself", name)
	case err != nil:
		next = broken.Next
	}
	return next, err
}
