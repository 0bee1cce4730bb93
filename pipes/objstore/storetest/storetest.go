// Package storetest is the contract of objstore.Store as tests. Every store runs them, and every decorator over a store;
// the second interfaces that a store has are tested too.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"sshell/pipes/objstore"
)

// Run runs the suite. open returns an empty store, another at each call; less is asked of one with traits.
func Run(t *testing.T, open func(t *testing.T) objstore.Store, less ...Trait) {
	with := traits(less)
	given := func(test func(*testing.T, objstore.Store, traits)) func(*testing.T, objstore.Store) {
		return func(t *testing.T, s objstore.Store) { test(t, s, with) }
	}
	for _, c := range []struct {
		name string
		test func(*testing.T, objstore.Store)
	}{
		{"PutGet", testPutGet},
		{"Ranges", testRanges},
		{"Missing", testMissing},
		{"InvalidKeys", testInvalidKeys},
		{"StrangeKeys", given(testStrangeKeys)},
		{"KeyAndFolder", unlessFiles(with, testKeyAndFolder)},
		{"PutSize", testPutSize},
		{"PutCreate", testPutCreate},
		{"PutFailsWhole", testPutFailsWhole},
		{"PutWakesBody", testPutWakesBody},
		{"PutFromFile", testPutFromFile},
		{"BigBody", testBigBody},
		{"ReadWhileReplaced", given(testReadWhileReplaced)},
		{"EndedContext", testEndedContext},
		{"ListOrder", given(testListOrder)},
		{"ListStops", testListStops},
		{"ListUsesStore", given(testListUsesStore)},
		{"ListDescribes", testListDescribes},
		{"Delete", testDelete},
		{"Level", given(testLevel)},
		{"Glob", given(testGlob)},
		{"Stat", given(testStat)},
		{"Model", given(testModel)},
		{"Compose", testCompose},
		{"Upload", testUpload},
		{"UploadEnds", given(testUploadEnds)},
		{"Append", testAppend},
		{"Open", testOpen},
		{"CreateRace", testCreateRace},
		{"ReplaceRace", given(testReplaceRace)},
		{"FolderRace", unlessFiles(with, testFolderRace)},
		{"KeyBecomesFolder", unlessFiles(with, testKeyBecomesFolder)},
		{"AppendRace", testAppendRace},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open(t)) })
	}
}

// unlessFiles is a test of keys beside keys below them, which a store with the trait Files excludes by nature.
func unlessFiles(with traits, test func(*testing.T, objstore.Store)) func(*testing.T, objstore.Store) {
	if with.has(Files) {
		return func(*testing.T, objstore.Store) {}
	}
	return test
}

func put(t *testing.T, s objstore.Store, key, data string) {
	t.Helper()
	if err := s.Put(t.Context(), key, strings.NewReader(data), int64(len(data)), false); err != nil {
		t.Fatalf("put %.80q: %v", key, err)
	}
}

// read returns what a Get of the whole object gives, or its error.
func read(ctx context.Context, s objstore.Store, key string) (string, error) {
	return readRange(ctx, s, key, 0, -1)
}

func readRange(ctx context.Context, s objstore.Store, key string, off, n int64) (string, error) {
	body, err := s.Get(ctx, key, off, n)
	if err != nil {
		return "", err
	}
	data, err := io.ReadAll(body)
	return string(data), errors.Join(err, body.Close())
}

func want(t *testing.T, s objstore.Store, key, data string) {
	t.Helper()
	got, err := read(t.Context(), s, key)
	if err != nil || got != data {
		t.Errorf("object %.80q holds %.80q, %v, want %.80q", key, got, err, data)
	}
}

func wantMissing(t *testing.T, s objstore.Store, key string) {
	t.Helper()
	if got, err := read(t.Context(), s, key); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("object %.80q: got %.80q, %v, want an error that wraps fs.ErrNotExist", key, got, err)
	}
}

// keys are the keys of all objects under prefix, as List gives them.
func keys(t *testing.T, s objstore.Store, prefix string) []string {
	t.Helper()
	var all []string
	for o, err := range s.List(t.Context(), prefix) {
		if err != nil {
			t.Fatalf("list %.80q: %v", prefix, err)
		}
		all = append(all, o.Key)
	}
	return all
}

func wantKeys(t *testing.T, s objstore.Store, prefix string, want ...string) {
	t.Helper()
	if got := keys(t, s, prefix); !slices.Equal(got, want) {
		t.Errorf("list %.80q:\n got %.1000q\nwant %.1000q", prefix, got, want)
	}
}

// pattern is n bytes in which any range is unlike its neighbours.
func pattern(n int) []byte {
	b := make([]byte, n)
	x := uint32(2463534242)
	for i := range b {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		b[i] = byte(x)
	}
	return b
}

// script is a body that runs steps, one a Read.
type script []func(p []byte) (int, error)

func (s *script) Read(p []byte) (int, error) {
	if len(*s) == 0 {
		return 0, io.EOF
	}
	step := (*s)[0]
	*s = (*s)[1:]
	return step(p)
}

func gives(data string) func([]byte) (int, error) {
	return func(p []byte) (int, error) { return copy(p, data), nil }
}

// wantPath fails unless err is about key, in the form that the package promises.
func wantPath(t *testing.T, err error, key string) {
	t.Helper()
	var path *fs.PathError
	if !errors.As(err, &path) || path.Path != key {
		t.Errorf("error %v is no *fs.PathError with path %.80q", err, key)
	}
}

func wantBytes(t *testing.T, what string, got, want []byte) {
	t.Helper()
	if !bytes.Equal(got, want) {
		t.Errorf("%s: got %d bytes, want %d that differ", what, len(got), len(want))
	}
}
