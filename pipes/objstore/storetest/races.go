package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"sshell/pipes/objstore"
)

// racers is how many goroutines race for one key.
const racers = 32

// race runs f in racers goroutines that begin together.
func race(f func(i int)) {
	var ready, done sync.WaitGroup
	ready.Add(racers)
	for i := range racers {
		done.Go(func() {
			ready.Done()
			ready.Wait()
			f(i)
		})
	}
	done.Wait()
}

func testCreateRace(t *testing.T, s objstore.Store) {
	for round := range 20 {
		key := fmt.Sprintf("tasks/%d/commit", round)
		var mu sync.Mutex
		var winners []string
		var reading sync.WaitGroup // until all have begun to be read, so that none is turned away before
		reading.Add(racers)
		race(func(i int) {
			data := strings.Repeat(fmt.Sprintf("attempt %d ", i), 100)
			body := script{func(p []byte) (int, error) {
				reading.Done()
				reading.Wait()
				return copy(p, data), nil
			}}
			err := s.Put(t.Context(), key, &body, int64(len(data)), true)
			if err != nil && !errors.Is(err, fs.ErrExist) {
				t.Errorf("create: %v", err)
			}
			got, readErr := read(t.Context(), s, key)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				winners = append(winners, data)
			}
			if readErr != nil || len(winners) == 1 && got != winners[0] {
				t.Errorf("after a create the object holds %.20q, %v", got, readErr)
			}
		})
		if len(winners) != 1 {
			t.Fatalf("%d of %d creates of one key won", len(winners), racers)
		}
		want(t, s, key, winners[0])
	}
}

// testReplaceRace has readers who must see one writer's body, whole, at any time.
func testReplaceRace(t *testing.T, s objstore.Store, with traits) {
	const size = 300 << 10
	put(t, s, "a/k", strings.Repeat("\xff", size))
	race(func(i int) {
		for range 4 {
			if i%2 == 0 {
				body := bytes.Repeat([]byte{byte(i)}, size)
				if err := s.Put(t.Context(), "a/k", bytes.NewReader(body), size, false); err != nil {
					t.Errorf("put: %v", err)
				}
				continue
			}
			got, err := read(t.Context(), s, "a/k")
			if with.has(Cuts) && errors.Is(err, objstore.ErrChanged) && (got == "" || strings.Count(got, got[:1]) == len(got)) {
				continue // the rest of that version is gone
			}
			if err != nil || len(got) != size || strings.Count(got, got[:1]) != size {
				t.Errorf("read while replaced: %d bytes that are not one writer's, %v", len(got), err)
			}
			if all := keys(t, s, "a"); len(all) != 1 {
				t.Errorf("listing while replaced: %q", all)
			}
		}
	})
}

// testFolderRace has keys that are folders of others come and go, while one that stays must never be missed.
func testFolderRace(t *testing.T, s objstore.Store) {
	put(t, s, "a", "stays")
	race(func(i int) {
		below := fmt.Sprintf("a/%d/x", i%4)
		for n := range 10 {
			switch {
			case i%4 == 3 && n%2 == 0:
				got, err := read(t.Context(), s, "a")
				if err != nil || got != "stays" {
					t.Errorf("an object whose folder comes and goes: %q, %v", got, err)
				}
			case i%4 == 3:
				if all := keys(t, s, ""); len(all) == 0 || all[0] != "a" {
					t.Errorf("a listing misses an object whose folder comes and goes: %q", all)
				}
			case n%2 == 0:
				if err := s.Put(t.Context(), below, strings.NewReader("x"), 1, false); err != nil {
					t.Errorf("put: %v", err)
				}
				if err := s.Put(t.Context(), "a", strings.NewReader("stays"), 5, false); err != nil {
					t.Errorf("put: %v", err)
				}
			default:
				if err := s.Delete(t.Context(), below, below[:3]); err != nil {
					t.Errorf("delete: %v", err)
				}
			}
		}
	})
	want(t, s, "a", "stays")
}

// testKeyBecomesFolder has creates of a key beside puts below it, while an object like it must never be missed.
func testKeyBecomesFolder(t *testing.T, s objstore.Store) {
	for round := range 20 {
		key, stays := fmt.Sprintf("k%d", round), fmt.Sprintf("s%d", round)
		put(t, s, stays, "stays")
		var won atomic.Int32
		race(func(i int) {
			var err error
			switch i % 4 {
			case 0:
				err = s.Put(t.Context(), key, strings.NewReader(key), -1, true)
				if err == nil {
					won.Add(1)
				} else if errors.Is(err, fs.ErrExist) {
					err = nil
				}
			case 1:
				err = s.Put(t.Context(), fmt.Sprintf("%s/%d", key, i), strings.NewReader("x"), -1, false)
			case 2:
				err = s.Put(t.Context(), fmt.Sprintf("%s/%d", stays, i), strings.NewReader("x"), -1, false)
			default:
				for n := 0; n < 20 && err == nil; n++ {
					_, err = objstore.Stat(t.Context(), s, stays)
				}
				if all := keys(t, s, stays); len(all) == 0 || all[0] != stays {
					t.Errorf("a listing misses an object that is moved: %q", all)
				}
			}
			if err != nil {
				t.Errorf("%d: %v", i, err)
			}
		})
		if won.Load() != 1 {
			t.Errorf("%d creates of one key won", won.Load())
		}
		want(t, s, key, key)
		if n := len(keys(t, s, key+"/")) + len(keys(t, s, stays+"/")); n != racers/2 {
			t.Errorf("%d of %d objects below are there", n, racers/2)
		}
	}
}

func testAppendRace(t *testing.T, s objstore.Store) {
	if _, ok := s.(objstore.Composer); !ok {
		return
	}
	race(func(i int) {
		for n := range 3 {
			line := fmt.Sprintf("line %d of %d\n", n, i)
			scratch := fmt.Sprintf("tmp/%d-%d", i, n)
			if err := objstore.Append(t.Context(), s, "log", scratch, strings.NewReader(line), -1); err != nil {
				t.Errorf("append: %v", err)
			}
		}
	})
	got, err := read(t.Context(), s, "log")
	if err != nil {
		t.Fatal(err)
	}
	for i := range racers {
		at := 0
		for n := range 3 {
			line := fmt.Sprintf("line %d of %d\n", n, i)
			if strings.Count(got, line) != 1 || strings.Index(got, line) < at {
				t.Errorf("appends by one writer are lost, doubled or out of order: %q", line)
			}
			at = strings.Index(got, line)
		}
	}
	wantKeys(t, s, "", "log")
}
