package objpipe

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"sshell/pipes"
	"sshell/pipes/objstore/dir"
	"sshell/pipes/objstore/fault"
)

// TestManyAtOnce has hundreds of streams at once over a store whose requests fail now and then: of random sizes, some left early by
// their readers, some broken from elsewhere. Each reader gets the whole or knows that it did not, and nothing stays.
func TestManyAtOnce(t *testing.T) {
	store := dir.New(t.TempDir() + "/b")
	rates := fault.Rates{Slow: 0.2, Latency: 20 * time.Millisecond, Refused: 0.03, Lost: 0.03, Cut: 0.03, Half: 0.03}
	transport := newApart(fault.New(store, 1, rates))
	var mu sync.Mutex
	ends := map[string]int{}
	var all sync.WaitGroup
	for n := range uint64(500) {
		all.Go(func() {
			end := oneOfMany(t, transport, n)
			mu.Lock()
			defer mu.Unlock()
			ends[end]++
		})
	}
	all.Wait()
	t.Log(ends)
	for _, end := range []string{"whole", "left", "broken"} {
		if ends[end] == 0 {
			t.Errorf("no stream was %s: %v", end, ends)
		}
	}
	wantEmpty(t, store)
}

// oneOfMany is the life of one stream, and says how it ended for its reader.
func oneOfMany(t *testing.T, transport apart, n uint64) (end string) {
	rng := rand.New(rand.NewPCG(n, 3))
	name := fmt.Sprintf("%d/0", n)
	data := random(rng.IntN(1<<(6+rng.IntN(12))), n)
	leave, breakAt := -1, time.Duration(-1)
	switch rng.IntN(4) {
	case 0:
		leave = rng.IntN(len(data) + 1)
	case 1:
		breakAt = time.Duration(rng.IntN(300)) * time.Millisecond
	}
	r, err := transport.Open(t.Context(), name)
	if err != nil {
		t.Error(err)
		return "failed"
	}
	var done sync.WaitGroup
	var writerErr error
	done.Go(func() { writerErr = writeOne(t, transport, name, data, rng) })
	if breakAt >= 0 {
		done.Go(func() {
			time.Sleep(breakAt)
			if err := transport.Break(t.Context(), name, &pipes.Broken{Cause: "killed"}); err != nil {
				t.Errorf("stream %d: %v", n, err)
			}
		})
	}
	got, end, err := readOne(r, leave)
	if closeErr := r.Close(); closeErr != nil {
		t.Errorf("stream %d: %v", n, closeErr)
	}
	done.Wait()
	status, known := r.Status()
	switch {
	case !bytes.HasPrefix(data, got):
		t.Errorf("stream %d: the %d bytes that came are not those that were written", n, len(got))
	case end == "whole" && (len(got) != len(data) || status != 7 || !known):
		t.Errorf("stream %d: end of file after %d of %d bytes with status %d, known: %v", n, len(got), len(data), status, known)
	case end != "whole" && err != nil && !errors.Is(err, pipes.ErrBroken):
		t.Errorf("stream %d: read: %v", n, err)
	case end == "broken" && writerErr == nil && !strings.Contains(err.Error(), fault.ErrInjected.Error()):
		t.Errorf("stream %d: the writer ended it, the reader got %v", n, err)
	}
	if err := transport.Remove(t.Context(), name); err != nil {
		t.Errorf("stream %d: %v", n, err)
	}
	return end
}

// readOne reads so many bytes, or all if that is negative.
func readOne(r io.Reader, leave int) (got []byte, end string, err error) {
	if leave >= 0 {
		got = make([]byte, leave)
		n, err := io.ReadFull(r, got)
		return got[:n], "left", err
	}
	if got, err = io.ReadAll(r); err != nil {
		return got, "broken", err
	}
	return got, "whole", nil
}

// writeOne writes data in pieces, and ends the stream unless it finds it ended.
func writeOne(t *testing.T, transport apart, name string, data []byte, rng *rand.Rand) error {
	w, err := transport.Create(t.Context(), name)
	if err != nil {
		t.Error(err)
		return err
	}
	defer w.Break(nil)
	err = script(w, data, rng)
	if err != nil && !errors.Is(err, pipes.ErrReaderGone) && !errors.Is(err, pipes.ErrBroken) {
		t.Errorf("stream %s: write: %v", name, err)
	}
	return err
}
