package fault_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sshell/pipes/objstore"
	"sshell/pipes/objstore/fault"
	"sshell/pipes/objstore/mem"
	"sshell/pipes/objstore/storetest"
)

// A store whose rates are all zero is the store below it.
func TestNoFaults(t *testing.T) {
	storetest.Run(t, func(*testing.T) objstore.Store { return fault.New(new(mem.Store), 1, fault.Rates{}) })
}

// outcomes are what calls for 20 keys give, whatever order they are made in.
func outcomes(t *testing.T, seed uint64) map[string]string {
	s := fault.New(new(mem.Store), seed, fault.Rates{Refused: 0.2, Lost: 0.2, Cut: 0.3, Half: 0.2})
	var mu sync.Mutex
	all := map[string]string{}
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() {
			key := fmt.Sprint(i)
			for range 5 {
				said := fmt.Sprint(s.Put(t.Context(), key, strings.NewReader(strings.Repeat(key, 1000)), -1, false))
				body, err := s.Get(t.Context(), key, 0, -1)
				if err == nil {
					var data []byte
					data, err = io.ReadAll(body)
					said += fmt.Sprint(len(data))
				}
				mu.Lock()
				all[key] += said + fmt.Sprint(err) + "\n"
				mu.Unlock()
			}
		})
	}
	group.Wait()
	return all
}

func TestSeedDecides(t *testing.T) {
	first, again, other := outcomes(t, 7), outcomes(t, 7), outcomes(t, 8)
	differ := false
	for key := range first {
		if first[key] != again[key] {
			t.Errorf("key %s: one seed gave two outcomes:\n%s%s", key, first[key], again[key])
		}
		differ = differ || first[key] != other[key]
	}
	if !differ {
		t.Error("another seed gave the same outcomes")
	}
	said := fmt.Sprint(first)
	for _, kind := range []string{"refused", "response lost", "cut", "half written"} {
		if !strings.Contains(said, kind) {
			t.Errorf("no call was %s", kind)
		}
	}
}

func TestKinds(t *testing.T) {
	for _, c := range []struct {
		rates   fault.Rates
		stored  bool
		refused bool
	}{
		{fault.Rates{Refused: 1}, false, true},
		{fault.Rates{Half: 1}, false, true},
		{fault.Rates{Lost: 1}, true, false},
	} {
		var under mem.Store
		err := fault.New(&under, 1, c.rates).Put(t.Context(), "k", strings.NewReader("data"), 4, true)
		var injected *fault.Error
		if !errors.As(err, &injected) || !errors.Is(err, fault.ErrInjected) || !injected.Temporary() || injected.Refused() != c.refused {
			t.Errorf("put with %+v: %v", c.rates, err)
		}
		if _, err := under.Stat(t.Context(), "k"); (err == nil) != c.stored {
			t.Errorf("after a put with %+v: %v, want stored %v", c.rates, err, c.stored)
		}
	}
}

func TestLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := fault.New(new(mem.Store), 1, fault.Rates{Slow: 1, Latency: time.Second})
		start := time.Now()
		for i := range 10 {
			if err := s.Put(t.Context(), fmt.Sprint(i), strings.NewReader("x"), 1, true); err != nil {
				t.Fatal(err)
			}
		}
		if d := time.Since(start); d < time.Second || d >= 10*time.Second {
			t.Errorf("ten calls that are late by up to a second took %v", d)
		}
	})
}
