package lambda

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// Tasks are counted by all who start some, until nobody may any more.
func TestCountTasks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "count")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for n := range 50 {
				if _, err := CountTasks(path, int64(n%3)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if sum, err := CountTasks(path, -300); err != nil || sum != 8*49-300 {
		t.Errorf("%d, %v", sum, err)
	}
	if sum, err := SealCount(path); err != nil || sum != 8*49-300 {
		t.Errorf("%d, %v", sum, err)
	}
	if sum, err := CountTasks(path, 1); err != nil || sum < 1<<60 {
		t.Errorf("%d after the end, %v", sum, err)
	}
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := CountTasks(path, 1); err == nil {
		t.Error("a file without a number was taken for one")
	}
}
