package objpipe

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sshell/pipes"
	"sshell/pipes/objstore"
	"sshell/pipes/objstore/mem"
)

// TestFormat has the bytes that other versions read.
func TestFormat(t *testing.T) {
	block := append(make([]byte, headerSize), "data"...)
	setHeader(block, flagLast, 141, 0x0102030405060708, 258)
	const want = "sshp\x01\x01\x8d\x00" + "\x01\x02\x03\x04\x05\x06\x07\x08" + "\x00\x00\x00\x00\x00\x00\x01\x02" + "\x00\x00\x00\x00\x00\x00\x00\x04" + "data"
	if string(block) != want {
		t.Errorf("a block is %q, want %q", block, want)
	}
	broken := brokenBlock(&pipes.Broken{Cause: "lost", Next: "0/1"}, 1, 2)
	const wantBroken = "sshp\x01\x02\x00\x00" + "\x00\x00\x00\x00\x00\x00\x00\x01" + "\x00\x00\x00\x00\x00\x00\x00\x02" + "\x00\x00\x00\x00\x00\x00\x00\x08" + "0/1\x00lost"
	if string(broken) != wantBroken {
		t.Errorf("a broken block is %q, want %q", broken, wantBroken)
	}
	long := brokenBlock(&pipes.Broken{Cause: strings.Repeat("c", 1<<20), Next: strings.Repeat("n", pipes.MaxName)}, 1, 2)
	b, err := readBlock(bytes.NewReader(long), probeSize)
	if err != nil || b.broken().Next != strings.Repeat("n", pipes.MaxName) || !strings.HasPrefix(b.broken().Cause, "ccc") {
		t.Errorf("a broken block with a long cause does not fit in a probe: %v", err)
	}
}

func TestFolders(t *testing.T) {
	names := []string{"a", "a/", "/a", "a/0", "a/00", "a/0/0", "a/1", "a/b", "a/1234567890", "A/0", ".", "..", "../0", "./0", "./a", "/0", "0", "0/0", "gone", "writer",
		"!na/0", "a!2f0", "!na", "\xff/1", "\xff", "a b/0", "%", "é/0", strings.Repeat("n", pipes.MaxName), strings.Repeat("/", pipes.MaxName),
		strings.Repeat("\xff", pipes.MaxName), strings.Repeat("n", 300) + "/1", strings.Repeat("n", 199), strings.Repeat("n", 198)}
	names = append(names, folder(strings.Repeat("n", 300)), folder("\xff"))
	var keys []string
	for _, name := range names {
		for _, object := range []string{"0", "17", writerMark, goneMark} {
			keys = append(keys, "tmp/run/pipes/"+folder(name)+"/"+object)
		}
	}
	slices.Sort(keys)
	for i, key := range keys {
		if err := objstore.CheckKey(key); err != nil {
			t.Error(err)
		}
		for segment := range strings.SplitSeq(key, "/") {
			if segment == "" || segment == "." || segment == ".." || len(segment) > 255 {
				t.Errorf("key %q has the segment %q", key, segment)
			}
		}
		for _, other := range keys[:i] {
			if key == other || strings.HasPrefix(key, other+"/") {
				t.Errorf("key %q is another, or a folder of it: %q", other, key)
			}
		}
	}
	if got := folder("sort-1/0"); got != "sort-1/0" {
		t.Errorf("the folder of attempt 0 of pipe sort-1 is %q", got)
	}
}

// TestForeignObjects: what is no block of ours is never taken for one.
func TestForeignObjects(t *testing.T) {
	header := func(change func(b []byte)) string {
		b := append(make([]byte, headerSize), "data"...)
		setHeader(b, 0, 0, 1, 0)
		change(b)
		return string(b)
	}
	for name, c := range map[string]struct{ object, cause string }{
		"empty":       {"", "too short"},
		"short":       {"sshp\x01", "too short"},
		"text":        {strings.Repeat("some text ", 10), "not a block"},
		"new version": {header(func(b []byte) { b[4]++ }), "not a block of this version"},
		"too long":    {header(func(b []byte) { b[24] = 1 }), "not a block"},
		"cut off":     {header(func([]byte) {})[:headerSize+2], "EOF"},
		"goes on":     {header(func([]byte) {}) + "s", "too long"},
		"misplaced":   {header(func(b []byte) { b[23] = 9 }), "it is block 9"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := new(mem.Store)
				if err := s.Put(t.Context(), "p/0/0/0", strings.NewReader(c.object), -1, true); err != nil {
					t.Fatal(err)
				}
				r, err := New(s, "p").Open(t.Context(), "0/0")
				if err != nil {
					t.Fatal(err)
				}
				defer r.Close()
				if _, err := r.Read(make([]byte, 1)); !errors.Is(err, pipes.ErrBroken) || !strings.Contains(err.Error(), c.cause) {
					t.Errorf("read: %v, want a broken stream whose cause contains %q", err, c.cause)
				}
			})
		})
	}
}

// TestHolds: an end whose other end, or store, is slow does not take more and more memory.
func TestHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := distant(new(hollow), time.Millisecond, time.Millisecond)
		w, r := open(t, newApart(s), "0/0")
		if _, err := w.Write(make([]byte, 64<<20)); err != nil { // after which blocks have their full size
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
		if blocks := r.Stats().Gets - r.Stats().Misses; blocks != readAhead {
			t.Errorf("a reader that nobody reads from has %d blocks, want %d", blocks, readAhead)
		}
		before := w.Stats().Bytes
		s.set(func() { s.put = time.Hour })
		go w.Write(make([]byte, 128<<20))
		time.Sleep(time.Second)
		if held := w.Stats().Bytes - before; held > (inFlight+2)*maxBlock || held < 4*maxBlock {
			t.Errorf("a writer took %d bytes that it could not store", held)
		}
		r.Close()
		if _, err := r.Read(make([]byte, 1)); err == io.EOF {
			t.Error("a closed reader is at its end")
		}
	})
	if max(readAhead+1, inFlight+2)*(headerSize+maxBlock) > 64<<20 {
		t.Error("an end may hold more than 64 MiB")
	}
}
