package retry_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sshell/pipes/objstore"
	"sshell/pipes/objstore/fault"
	"sshell/pipes/objstore/mem"
	"sshell/pipes/objstore/retry"
	"sshell/pipes/objstore/storetest"
)

// quick makes more tries than a run of faults at these rates can last.
var quick = retry.Policy{Tries: 20, First: time.Microsecond, Most: time.Millisecond}

var rates = fault.Rates{Slow: 0.05, Latency: time.Millisecond, Refused: 0.1, Lost: 0.1, Cut: 0.1, Half: 0.1}

func TestStoreWithFaults(t *testing.T) {
	for seed := range uint64(2) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			storetest.Run(t, func(*testing.T) objstore.Store { return retry.New(fault.New(new(mem.Store), seed, rates), quick) }, storetest.Cuts)
		})
	}
}

func TestStoreWithout(t *testing.T) {
	storetest.Run(t, func(*testing.T) objstore.Store { return retry.New(new(mem.Store), retry.Default) })
}

func TestLostCreate(t *testing.T) {
	var under mem.Store
	s := retry.New(fault.New(&under, 1, fault.Rates{Lost: 1}), quick)
	data := bytes.Repeat([]byte("mine"), 50<<10)
	if err := s.Put(t.Context(), "k", bytes.NewReader(data), -1, true); err != nil {
		t.Errorf("create whose response is lost: %v", err)
	}
	err := s.Put(t.Context(), "k", strings.NewReader("another's"), -1, true)
	if !errors.Is(err, fs.ErrExist) {
		t.Errorf("create of what exists: %v, want fs.ErrExist", err)
	}
}

// dying gives some bytes, and then an error that says it will pass.
type dying struct{ io.Reader }

func (d dying) Read(p []byte) (int, error) {
	if n, err := d.Reader.Read(p); err != io.EOF {
		return n, err
	}
	return 0, &fault.Error{}
}

func TestNoRetryOf(t *testing.T) {
	t.Run("a body that fails itself", func(t *testing.T) {
		s := retry.New(new(mem.Store), quick)
		if err := s.Put(t.Context(), "k", dying{strings.NewReader("part")}, -1, false); !errors.Is(err, fault.ErrInjected) {
			t.Errorf("put: %v", err)
		}
		if _, err := objstore.Stat(t.Context(), s, "k"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the object of a body that fails is there: %v", err)
		}
	})
	t.Run("an answer", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			_, err := retry.New(new(mem.Store), retry.Default).Get(t.Context(), "k", 0, -1)
			if !errors.Is(err, fs.ErrNotExist) || time.Since(start) != 0 {
				t.Errorf("get of a missing object took %v, %v", time.Since(start), err)
			}
		})
	})
}

func TestBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		_, err := retry.New(fault.New(new(mem.Store), 1, fault.Rates{Refused: 1}), retry.Default).Get(t.Context(), "k", 0, -1)
		if !errors.Is(err, fault.ErrInjected) {
			t.Errorf("get from a store that is away: %v", err)
		}
		if d := time.Since(start); d == 0 || d > 30*time.Second {
			t.Errorf("a store that is away was given up after %v", d)
		}
	})
}

// TestCutBodyOfAnotherVersion: bytes of two versions never meet.
func TestCutBodyOfAnotherVersion(t *testing.T) {
	var under mem.Store
	put := func(data string) {
		if err := under.Put(t.Context(), "k", strings.NewReader(data), -1, false); err != nil {
			t.Fatal(err)
		}
	}
	changed := 0
	for seed := range uint64(20) {
		s := retry.New(fault.New(&under, seed, fault.Rates{Cut: 1}), retry.Policy{Tries: 100, Most: time.Microsecond})
		put(strings.Repeat("a", 1<<20))
		body, err := s.Get(t.Context(), "k", 0, -1)
		if err != nil {
			t.Fatal(err)
		}
		first := make([]byte, 1)
		if _, err := body.Read(first); err != nil {
			t.Fatal(err)
		}
		put(strings.Repeat("b", 1<<20))
		rest, err := io.ReadAll(body)
		body.Close()
		if bytes.ContainsRune(append(first, rest...), 'b') && first[0] == 'a' {
			t.Errorf("seed %d: the body has bytes of two versions", seed)
		}
		if errors.Is(err, objstore.ErrChanged) {
			changed++
		} else if err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
	if changed == 0 {
		t.Error("no body was cut")
	}
}
