package storetest

import (
	"errors"
	"io/fs"
	"sync"
	"testing"

	"sshell/pipes/objstore"
)

// testUpload puts objects together of ranges, in another order than theirs and several at once.
func testUpload(t *testing.T, s objstore.Store) {
	u, ok := s.(objstore.Uploader)
	if !ok {
		return
	}
	big := string(pattern(objstore.MinPart + 100))
	put(t, s, "p/big", big)
	put(t, s, "p/small", "the end")
	put(t, s, "out", "old")
	up, err := u.Begin(t.Context(), "out")
	if err != nil {
		t.Fatalf("begin: %v", err)
	}
	tags := make([]string, 3)
	copyPart := func(number int, source string, off, n int64) {
		tag, err := u.CopyPart(t.Context(), up, number, source, off, n)
		if err != nil {
			t.Errorf("part %d: %v", number, err)
		}
		tags[number-1] = tag
	}
	copyPart(2, "p/small", 0, 1) // is replaced
	var all sync.WaitGroup
	all.Go(func() { copyPart(3, "p/small", 4, 3) })
	all.Go(func() { copyPart(2, "p/big", 1, objstore.MinPart) })
	all.Go(func() { copyPart(1, "p/big", 0, objstore.MinPart+100) })
	all.Wait()
	want(t, s, "out", "old")
	wantKeys(t, s, "", "out", "p/big", "p/small")
	if err := s.Delete(t.Context(), "p/big", "p/small"); err != nil {
		t.Fatal(err)
	}
	if err := u.Complete(t.Context(), up, "", tags); err != nil {
		t.Fatalf("complete: %v", err)
	}
	want(t, s, "out", big+big[1:1+objstore.MinPart]+"end")
	wantKeys(t, s, "", "out")
	if err := u.Abort(t.Context(), up); err != nil {
		t.Errorf("abort of what was completed: %v", err)
	}
	want(t, s, "out", big+big[1:1+objstore.MinPart]+"end")
}

// testUploadEnds ends uploads otherwise.
func testUploadEnds(t *testing.T, s objstore.Store, with traits) {
	u, ok := s.(objstore.Uploader)
	if !ok {
		return
	}
	put(t, s, "in", "text")
	put(t, s, "out", "old")
	begun := func(key string) (objstore.Upload, string) {
		up, err := u.Begin(t.Context(), key)
		if err != nil {
			t.Fatalf("begin: %v", err)
		}
		tag, err := u.CopyPart(t.Context(), up, 1, "in", 0, 4)
		if err != nil {
			t.Fatalf("part: %v", err)
		}
		return up, tag
	}
	up, tag := begun("out")
	_, err := u.CopyPart(t.Context(), up, 2, "missing", 0, 4)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("part of a missing source: %v, want fs.ErrNotExist", err)
	}
	wantPath(t, err, "missing")
	if err := u.Complete(t.Context(), up, objstore.Absent, []string{tag}); !errors.Is(err, objstore.ErrChanged) {
		t.Errorf("complete over what is there: %v, want ErrChanged", err)
	}
	want(t, s, "out", "old")
	for range 2 {
		if err := u.Abort(t.Context(), up); err != nil {
			t.Errorf("abort: %v", err)
		}
	}
	if _, err := u.CopyPart(t.Context(), up, 1, "in", 0, 4); !errors.Is(err, objstore.ErrNoUpload) {
		t.Errorf("part of what was aborted: %v, want ErrNoUpload", err)
	}
	if err := u.Complete(t.Context(), up, "", []string{tag}); !errors.Is(err, objstore.ErrNoUpload) && !with.has(Repeats) {
		t.Errorf("complete of what was aborted: %v, want ErrNoUpload", err)
	}
	want(t, s, "out", "old")

	up, tag = begun("new/k")
	if err := u.Complete(t.Context(), up, objstore.Absent, []string{tag}); err != nil {
		t.Errorf("complete of a new object: %v", err)
	}
	want(t, s, "new/k", "text")
	if _, err := u.Begin(t.Context(), "/k"); !errors.Is(err, objstore.ErrKey) {
		t.Errorf("begin under an invalid key: %v, want ErrKey", err)
	}
}
