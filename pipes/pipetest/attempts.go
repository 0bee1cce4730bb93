package pipetest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"testing"

	"sshell/pipes"
)

func testReplay(t *testing.T, b bench) {
	if _, replays := b.transport.(pipes.Replayer); !replays {
		return
	}
	w, r := b.pair("s")
	data := random(300<<10, 1)
	ctx, lose := context.WithCancel(t.Context())
	lost, err := b.transport.Open(ctx, "s")
	if err != nil {
		t.Fatal(err)
	}
	b.write(w, data[:1000], func() {}).Wait()
	if _, err := io.ReadFull(lost, make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	lose() // and no Close: the attempt that reads is lost, and the writer is not to stop
	done := b.write(w, data[1000:], func() { b.end(w, 5) })
	b.wantWhole(r, data, 5)
	done.Wait()
	b.wantWhole(b.open("s"), data, 5)
	r.Close()
	b.wantWhole(b.open("s"), data, 5)
}

// follow has a first attempt that is lost behind data[:lost], of which the reader has read then, and a second that
// writes again. It returns what the reader gets in all.
func (b bench) follow(data, again []byte, then, lost int) ([]byte, error) {
	b.removeLater("0", "1", "2")
	r, err := pipes.Follow(b.Context(), b.transport, "0")
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	first := b.create("0")
	var done sync.WaitGroup
	defer done.Wait()
	done.Go(func() { first.Write(data[:lost]) })
	got := make([]byte, then)
	if _, err := io.ReadFull(r, got); err != nil {
		b.Fatal(err)
	}
	b.breakStream("0", "attempt 0 was lost", "1")
	b.breakStream("1", "attempt 1 was lost too", "2")
	last := b.create("2")
	done.Go(func() {
		_, err := last.Write(again)
		if err == nil {
			err = last.End(3)
		}
		if err != nil && !errors.Is(err, pipes.ErrReaderGone) {
			b.Errorf("write the last attempt: %v", err)
		}
	})
	rest, err := io.ReadAll(r)
	if status, known := r.Status(); err == nil && (status != 3 || !known) {
		b.Errorf("the last attempt's status is %d, known: %v, want 3", status, known)
	}
	return append(got, rest...), err
}

func testFollow(t *testing.T, b bench) {
	data := random(200<<10, 1)
	got, err := b.follow(data, data, 50<<10, 60<<10)
	if err != nil || !bytes.Equal(got, data) {
		t.Errorf("over two lost attempts %d of %d bytes came, %v", len(got), len(data), err)
	}
}

func testFollowDiffers(t *testing.T, b bench) {
	data := random(200<<10, 1)
	again := bytes.Clone(data)
	again[40<<10]++
	got, err := b.follow(data, again, 50<<10, 50<<10)
	b.wantRestart(got, data, again, err)
}

func testFollowShorter(t *testing.T, b bench) {
	data := random(200<<10, 1)
	got, err := b.follow(data, data[:40<<10], 50<<10, 50<<10)
	b.wantRestart(got, data, data[:40<<10], err)
}

// wantRestart: the reader could not go on, but another can read the successor from its beginning, where it is stored.
func (b bench) wantRestart(got, data, again []byte, err error) {
	b.Helper()
	if !bytes.HasPrefix(data, got) {
		b.Error("bytes of both attempts were mixed")
	}
	b.wantCause(err, "")
	var broken *pipes.Broken
	if _, replays := b.transport.(pipes.Replayer); !errors.As(err, &broken) || !replays {
		return
	}
	if broken.Next != "2" {
		b.Errorf("after other bytes: %v with successor %q, want 2", err, broken.Next)
	}
	b.wantWhole(b.open("2"), again, 3)
}
