package storetest

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sshell/pipes/objstore"
)

// testModel does what a seed says on keys that are in each other's way, and compares the store with a map after each step.
func testModel(t *testing.T, s objstore.Store, with traits) {
	names := with.fit([]string{"a", "a/b", "a/b/c", "a/", "a//b", "a.b", "b", "b/%", "b/..", ".", strings.Repeat("n", 300), strings.Repeat("n", 300) + "/x"})
	for seed := range uint64(4) {
		random := rand.New(rand.NewPCG(seed, 1))
		model := map[string]string{}
		if err := s.Delete(t.Context(), names...); err != nil {
			t.Fatal(err)
		}
		for step := range 150 {
			key, data := names[random.IntN(len(names))], fmt.Sprintf("seed %d, step %d", seed, step)
			_, exists := model[key]
			switch random.IntN(4) {
			case 0:
				if err := s.Delete(t.Context(), key); err != nil {
					t.Fatalf("seed %d, step %d: delete %.20q: %v", seed, step, key, err)
				}
				delete(model, key)
			case 1:
				err := s.Put(t.Context(), key, strings.NewReader(data), -1, true)
				if exists != errors.Is(err, fs.ErrExist) || !exists && err != nil {
					t.Fatalf("seed %d, step %d: create %.20q, which exists %v: %v", seed, step, key, exists, err)
				}
				if !exists {
					model[key] = data
				}
			default:
				put(t, s, key, data)
				model[key] = data
			}
			wantKeys(t, s, "", slices.Sorted(maps.Keys(model))...)
			for _, key := range names {
				if data, ok := model[key]; ok {
					want(t, s, key, data)
				} else {
					wantMissing(t, s, key)
				}
			}
			if t.Failed() {
				t.Fatalf("the store differs after seed %d, step %d", seed, step)
			}
		}
	}
}
