// Package pipetest is the contract of pipes.Transport as tests, which every transport runs over every store it can use.
package pipetest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sshell/pipes"
)

// Config says what a transport is tested with.
type Config struct {
	// Open returns a transport without streams, another at each call.
	Open func(t *testing.T) pipes.Transport
	// Virtual says that the transport waits for nothing but Go's channels, locks and timers. Each test then runs in a
	// bubble of testing/synctest: time is virtual, a blocked end is known to be blocked, and a goroutine that is left
	// over fails the test.
	Virtual bool
}

var tests = []struct {
	name string
	test func(*testing.T, bench)
}{
	{"EndOfFile", testEndOfFile},
	{"Empty", testEmpty},
	{"StickyEndings", testStickyEndings},
	{"ReaderFirst", testReaderFirst},
	{"WriterFirst", testWriterFirst},
	{"WriterBreaks", testWriterBreaks},
	{"BreakBeforeEnds", testBreakBeforeEnds},
	{"BreakBlockedReader", testBreakBlockedReader},
	{"BreakBlockedWriter", testBreakBlockedWriter},
	{"BreakAfterEnd", testBreakAfterEnd},
	{"BreakRacesEnd", testBreakRacesEnd},
	{"ReaderGone", testReaderGone},
	{"ReaderGoneBeforeWriter", testReaderGoneBeforeWriter},
	{"ReaderContext", testReaderContext},
	{"WriterContext", testWriterContext},
	{"WriterContextThenEnd", testWriterContextThenEnd},
	{"WriteAfterEnd", testWriteAfterEnd},
	{"ReadAfterClose", testReadAfterClose},
	{"OneOfEach", testOneOfEach},
	{"Names", testNames},
	{"Remove", testRemove},
	{"RemoveInUse", testRemoveInUse},
	{"EndedContext", testEndedContext},
	{"WriteKeepsNothing", testWriteKeepsNothing},
	{"Large", testLarge},
	{"TinyWrites", testTinyWrites},
	{"TinyReads", testTinyReads},
	{"Replay", testReplay},
	{"Follow", testFollow},
	{"FollowDiffers", testFollowDiffers},
	{"FollowShorter", testFollowShorter},
	{"HandOver", testHandOver},
	{"HandOverBroken", testHandOverBroken},
	{"HandOverReaderGone", testHandOverReaderGone},
	{"Many", testMany},
}

// Run runs the suite.
func Run(t *testing.T, config Config) {
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			if !config.Virtual {
				watch(t)
				c.test(t, bench{t, config.Open(t), func() {}, func() { time.Sleep(10 * time.Millisecond) }})
				return
			}
			synctest.Test(t, func(t *testing.T) {
				c.test(t, bench{t, config.Open(t), synctest.Wait, func() { time.Sleep(100 * time.Millisecond) }})
			})
		})
	}
}

// watch fails the test if a goroutine or a descriptor is left when it has ended.
func watch(t *testing.T) {
	time.AfterFunc(time.Hour, func() {}).Stop() // at the first timer the runtime opens descriptors for itself
	goroutines, files, _ := inUse(t)
	t.Cleanup(func() {
		// What was told to stop may need a moment.
		for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) { // a look is dear, and others are to end meanwhile
			g, f, stacks := inUse(t)
			if g <= goroutines && f <= files {
				return
			}
			if time.Now().After(end) {
				t.Errorf("%d goroutines and %d descriptors are left, %d and %d were before\n%s", g, f, goroutines, files, stacks)
				return
			}
		}
	})
}

// inUse counts goroutines and descriptors, without those of the connections that an HTTP client keeps for its next request: they are
// the program's, two goroutines and a descriptor each.
func inUse(t *testing.T) (goroutines, files int, stacks []byte) {
	for size, n := 1<<20, 0; n == len(stacks); size *= 2 {
		stacks = make([]byte, size)
		n = runtime.Stack(stacks, true)
	}
	kept := bytes.Count(stacks, []byte("\ncreated by net/http.(*Transport).dialConn in "))
	return runtime.NumGoroutine() - kept, descriptors(t) - kept/2, stacks
}

func descriptors(t *testing.T) int {
	entries, err := os.ReadDir("/dev/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// bench is one test's transport.
type bench struct {
	*testing.T
	transport pipes.Transport
	// settle returns when all goroutines are blocked, where that can be known, and else at once.
	settle func()
	// pause lets others run, and time go on: who writes until it is told writes no more meanwhile than a store can take.
	pause func()
}

func (b bench) create(name string) pipes.Writer {
	b.Helper()
	w, err := b.transport.Create(b.Context(), name)
	if err != nil {
		b.Fatalf("create %q: %v", name, err)
	}
	b.Cleanup(func() { w.Break(&pipes.Broken{Cause: "the test is over"}) })
	return w
}

func (b bench) open(name string) pipes.Reader {
	b.Helper()
	r, err := b.transport.Open(b.Context(), name)
	if err != nil {
		b.Fatalf("open %q: %v", name, err)
	}
	b.Cleanup(func() { r.Close() })
	return r
}

// pair is both ends of a stream that is removed when the test is over.
func (b bench) pair(name string) (pipes.Writer, pipes.Reader) {
	b.Helper()
	b.removeLater(name)
	return b.create(name), b.open(name)
}

func (b bench) removeLater(names ...string) {
	b.Cleanup(func() {
		for _, name := range names {
			if err := b.transport.Remove(context.Background(), name); err != nil {
				b.Errorf("remove %q: %v", name, err)
			}
		}
	})
}

// readOne reads the stream's first byte.
func (b bench) readOne(r io.Reader, data []byte) {
	b.Helper()
	var first [1]byte
	if _, err := io.ReadFull(r, first[:]); err != nil || first[0] != data[0] {
		b.Fatalf("the first byte is %d, %v, want %d", first[0], err, data[0])
	}
}

func (b bench) breakStream(name, cause, next string) {
	b.Helper()
	if err := b.transport.Break(b.Context(), name, &pipes.Broken{Cause: cause, Next: next}); err != nil {
		b.Errorf("break %q: %v", name, err)
	}
}

// rounds gives numbers from 0 on to 50, or, where a round is long as over a server, as many as fit in a second.
func rounds(yield func(int) bool) {
	const most, least = 50, 5
	for i, began := 0, time.Now(); i < most && (i < least || time.Since(began) < time.Second); i++ {
		if !yield(i) {
			return
		}
	}
}

// write writes all of data in the background, then does then.
func (b bench) write(w io.Writer, data []byte, then func()) *sync.WaitGroup {
	var done sync.WaitGroup
	done.Go(func() {
		if n, err := w.Write(data); err != nil || n != len(data) {
			b.Errorf("write %d bytes: %d, %v", len(data), n, err)
		}
		then()
	})
	return &done
}

// flooded is how many bytes are enough to block a writer whose transport has bounds. Once a reader has a byte of one write of
// so many, and reads no more, that write is blocked.
const flooded = 2 << 20

// flood writes data again and again until a write fails, and returns the error. A transport that stores what nobody
// reads takes flooded bytes and waits for told before it goes on.
func (b bench) flood(w io.Writer, data []byte, told <-chan struct{}) error {
	for n := 0; ; n += len(data) {
		if _, err := w.Write(data); err != nil {
			return err
		}
		if n >= flooded {
			<-told
			b.pause()
		}
	}
}

func (b bench) end(w pipes.Writer, status int) {
	b.Helper()
	if err := w.End(status); err != nil {
		b.Errorf("end with status %d: %v", status, err)
	}
}

// wantWhole reads the stream to its end of file.
func (b bench) wantWhole(r pipes.Reader, data []byte, status int) {
	b.Helper()
	got, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(got, data) {
		b.Errorf("read %d bytes, %v, want %d and end of file; equal: %v", len(got), err, len(data), bytes.Equal(got, data))
	}
	if got, known := r.Status(); got != status || !known {
		b.Errorf("the writer's status is %d, known: %v, want %d", got, known, status)
	}
}

// wantBroken reads the stream until it is found broken, and all that it gives must be of data's beginning.
func (b bench) wantBroken(r pipes.Reader, data []byte, cause string) {
	b.Helper()
	got, err := io.ReadAll(r)
	if !bytes.HasPrefix(data, got) {
		b.Errorf("the %d bytes before the break are not those that were written", len(got))
	}
	b.wantCause(err, cause)
	if status, known := r.Status(); known {
		b.Errorf("a broken stream has the status %d", status)
	}
}

func (b bench) wantCause(err error, cause string) {
	b.Helper()
	var broken *pipes.Broken
	if !errors.As(err, &broken) || !errors.Is(err, pipes.ErrBroken) || cause != "" && broken.Cause != cause {
		b.Errorf("got the error %v, want a *Broken with cause %q", err, cause)
	}
}

// random is n bytes in which any part is unlike the others, the same for one seed.
func random(n int, seed uint32) []byte {
	data := make([]byte, n)
	x := 2463534242 ^ seed*2654435761
	for i := range data {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		data[i] = byte(x >> 8)
	}
	return data
}

func digest(data []byte) [sha256.Size]byte { return sha256.Sum256(data) }
