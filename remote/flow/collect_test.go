package flow

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"sshell/interp/plan"
	"sshell/pipes/objstore"
	"sshell/remote"
	"sshell/remote/ledger"
)

// collectBench gives outputs to a collector, as a unit does.
type collectBench struct {
	*storeBench
	out *objectOutput
	s   *segment
	col *collector
}

func newCollectBench(t *testing.T, add bool) *collectBench {
	b := &collectBench{storeBench: newStoreBench(t), out: &objectOutput{name: "s3://out/result", add: add}}
	seg := b.segment("parmap cat")
	seg.Out = b.out
	b.s = b.flow().segment(seg)
	b.s.scratch = b.s.openScratch()
	units, err := b.s.units()
	if err != nil {
		t.Fatal(err)
	}
	b.col = b.s.collect(t.Context(), units[0])
	return b
}

// task stores a task's output.
func (b *collectBench) task(text string) *heldOutput {
	b.t.Helper()
	name, err := b.s.scratch.object(b.t.Context(), "out")
	if err != nil {
		b.t.Fatal(err)
	}
	o := b.s.scratch.output(name, 0)
	b.put(o.Object, text)
	b.put(o.Commit, "")
	return storedOutput(&remote.Result{Out: int64(len(text)), Object: o.Object})
}

// texts are outputs of these sizes.
func texts(sizes ...int) (all []string) {
	for i, n := range sizes {
		all = append(all, strings.Repeat(string(rune('a'+i%26)), n))
	}
	return all
}

// The object is put together of parts that S3 takes, whatever the outputs are, and nothing else stays.
func TestCollector(t *testing.T) {
	for _, c := range []struct {
		name  string
		add   bool
		sizes []int
		parts int // 0 for what is left to whoever makes the object
		tasks int // that join
	}{
		{"nothing", false, nil, 0, 0},
		{"empty ones", false, []int{0, 0}, 0, 0},
		{"a tiny one", false, []int{1}, 0, 0},
		{"tiny ones", false, []int{10, 20, 30}, 0, 0},
		{"many tiny ones", false, repeat(3, 40), 0, 1},
		{"more than one task joins", false, repeat(1, joinMost+1), 0, 1},
		{"a short one", false, []int{shortRest + 1}, 1, 0},
		{"short ones", false, repeat(100<<10, 40), 1, 1},
		{"large ones", false, []int{5 * mib, 6 * mib, 5 * mib}, 3, 0},
		{"a short one before large ones", false, []int{1 * mib, 6 * mib, 6 * mib}, 2, 1},
		{"a short one that is filled up", false, []int{1 * mib, 10 * mib, 1}, 3, 1},
		{"short ones between large ones", false, []int{6 * mib, 4 * mib, 3 * mib, 6 * mib, 1}, 4, 1},
		{"short ones for long", false, repeat(3*mib, 7), 2, 1},
		{"behind what there is", true, []int{6 * mib, 1}, 2, 0},
		{"a tiny one behind what there is", true, []int{1}, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newCollectBench(t, c.add)
			want := "old"
			b.put(b.out.name, want)
			if !c.add {
				want = ""
			}
			for _, text := range texts(c.sizes...) {
				want += text
				if err := b.col.add(b.task(text)); err != nil {
					t.Fatal(err)
				}
			}
			if err := b.col.end(nil, 0); err != nil {
				t.Fatal(err)
			}
			parts := 0
			if u := b.out.content.Upload; u != nil {
				parts = len(u.Tags)
			}
			if parts != c.parts || b.store.tasks != c.tasks {
				t.Errorf("%d parts, %d tasks, want %d and %d", parts, b.store.tasks, c.parts, c.tasks)
			}
			b.s.close()
			if n := len(b.out.content.Sources); n > shortPieces || n > 0 && parts > 0 {
				t.Errorf("%d sources beside %d parts", n, parts)
			}
			if got := b.commit(b.out); got != want {
				t.Errorf("%d bytes that are not the %d of the outputs", len(got), len(want))
			}
			if keys := b.left(); len(keys) > 0 {
				t.Errorf("left: %q", keys)
			}
		})
	}
}

func repeat(n, count int) []int { return slices.Repeat([]int{n}, count) }

// The ledger has the upload before its first part, and what has been copied is removed while more comes.
func TestCollectorGoesAlong(t *testing.T) {
	b := newCollectBench(t, false)
	defer b.s.close()
	first := make(chan ledger.Upload, 1)
	r := &ranges{Store: b.bucket("out"), parts: map[int]int64{}}
	b.col.store, b.col.parts = r, &watched{Uploader: r, copy: func() error {
		u, err := ledger.ReadUpload(t.Context(), b.bucket("scratch"), "ledger/"+b.s.id+"/uploads/1")
		select {
		case first <- u:
		default:
		}
		return err
	}}
	for i := range removeAtOnce / 2 {
		if err := b.col.add(output(i, objstore.MinPart)); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.col.end(nil, 0); err != nil {
		t.Fatal(err)
	}
	u := b.out.content.Upload
	if got := <-first; got.ID != u.ID || got.Run != b.s.id || got.Bucket != "out" || got.Key != "result" {
		t.Errorf("entry %+v of upload %+v", got, u)
	}
	if keys := b.left(); !slices.Equal(keys, []string{"scratch/ledger/" + b.s.id + "/uploads/1"}) {
		t.Errorf("left before the commit: %q", keys)
	}
	if len(r.deleted) != removeAtOnce || !slices.Contains(r.deleted, "tmp/3/0") || !slices.Contains(r.deleted, "tmp/3/commit") {
		t.Errorf("deleted %q", r.deleted)
	}
}

// output is a task's output of some length, which is nowhere.
func output(i int, n int64) *heldOutput {
	return storedOutput(&remote.Result{Object: fmt.Sprintf("s3://out/tmp/%d/0", i), Out: n})
}

// watched is an Uploader that is looked at, or fails.
type watched struct {
	objstore.Uploader
	copy func() error
}

func (s *watched) CopyPart(ctx context.Context, u objstore.Upload, number int, source string, off, n int64) (string, error) {
	if err := s.copy(); err != nil {
		return "", err
	}
	return s.Uploader.CopyPart(ctx, u, number, source, off, n)
}

// Whatever fails, one line says it, and nothing is left but the tasks' own, which go with the segment.
func TestCollectorFails(t *testing.T) {
	denied := errors.New("access denied")
	for _, c := range []struct {
		name  string
		spoil func(b *collectBench)
		end   error
		want  string
	}{
		{"a part", func(b *collectBench) { b.col.parts = &watched{b.col.parts, func() error { return denied }} }, nil, "s3://out/result: access denied"},
		{"an upload that another aborts", func(b *collectBench) {
			parts := b.col.parts
			b.col.parts = &watched{parts, sync.OnceValue(func() error { return parts.Abort(b.t.Context(), *b.col.upload) })}
		}, nil, "s3://out/result: its upload was aborted meanwhile"},
		{"an output that is gone", func(b *collectBench) {
			b.col.parts = &watched{b.col.parts, func() error { return objstore.RemoveAll(b.t.Context(), b.col.store, "tmp/") }}
		}, nil, "s3://out/result: file does not exist"},
		{"a task that joins", func(b *collectBench) {
			b.store.lose = func(*remote.Task) (bool, bool) { return true, false }
		}, nil, "join outputs: before it ran: attempt lost"},
		{"the run", func(*collectBench) {}, denied, "access denied"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newCollectBench(t, false)
			c.spoil(b)
			var err error
			for _, text := range texts(6*mib, 1*mib, 1*mib, 1) {
				if err = b.col.add(b.task(text)); err != nil {
					break
				}
			}
			if c.end != nil {
				err = c.end
			}
			if endErr := b.col.end(err, 0); endErr == nil || endErr.Error() != c.want {
				t.Errorf("%v, want %s", endErr, c.want)
			}
			b.s.close()
			if keys := b.left(); len(keys) > 0 || b.out.content != nil {
				t.Errorf("left: %q, content %v", keys, b.out.content)
			}
		})
	}
}

// ranges is a store whose objects have sizes only: it notes the parts that are copied.
type ranges struct {
	objstore.Store
	mu      sync.Mutex
	parts   map[int]int64
	wrong   []string
	deleted []string
}

func (r *ranges) Begin(_ context.Context, key string) (objstore.Upload, error) {
	return objstore.Upload{Key: key, ID: "1"}, nil
}

func (r *ranges) CopyPart(_ context.Context, _ objstore.Upload, number int, source string, off, n int64) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.parts[number] != 0 || n < 1 || n > objstore.MaxPart || off < 0 || number > objstore.MaxParts {
		r.wrong = append(r.wrong, fmt.Sprintf("part %d: %s %d+%d", number, source, off, n))
	}
	r.parts[number] = n
	return fmt.Sprint(number), nil
}

func (r *ranges) Complete(context.Context, objstore.Upload, string, []string) error { return nil }
func (r *ranges) Abort(context.Context, objstore.Upload) error                      { return nil }

func (r *ranges) Delete(_ context.Context, keys ...string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.deleted = append(r.deleted, keys...)
	return nil
}

// joiner runs the tasks that join.
type joiner struct {
	*storing
	*ranges
}

func (j joiner) Run(_ context.Context, t *remote.Task, _ remote.Streams) (*remote.Result, error) {
	return &remote.Result{Statuses: []plan.Status{0}, Object: t.Output.Object}, nil
}

// Any number of outputs of any size makes at most 10,000 parts, each of which S3 takes, up to the longest object there is.
func TestCollectorLimits(t *testing.T) {
	const gib = 1 << 30
	random := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct {
		name  string
		size  func() int64
		count int
		want  string
	}{
		{"one of 6 GiB", func() int64 { return 6 * gib }, 1, ""},
		{"one of 5 TiB", func() int64 { return objstore.MaxObject }, 1, ""},
		{"5 TiB in outputs of 100 MiB", func() int64 { return 100 * mib }, objstore.MaxObject / (100 * mib), ""},
		{"outputs of all sizes", func() int64 { return 1 + random.Int64N(1<<random.IntN(36)) }, 4000, ""},
		{"20,000 outputs of 1 MiB", func() int64 { return 1 * mib }, 20_000, ""},
		{"more than an object has", func() int64 { return objstore.MaxObject/2 + 1 }, 2, "s3://out/result: the output is longer than an object can be, 5 TiB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newCollectBench(t, false)
			defer b.s.close()
			r := &ranges{Store: b.bucket("out"), parts: map[int]int64{}}
			b.col.store, b.col.parts = r, r
			b.s.scratch.storer = joiner{b.store, r}
			var total int64
			var err error
			for i := range c.count {
				n := c.size()
				total += n
				if err = b.col.add(output(i, n)); err != nil {
					break
				}
			}
			err = b.col.end(err, 0)
			if text := fmt.Sprint(err); err != nil && text != c.want || err == nil && c.want != "" {
				t.Fatalf("%v, want %s", err, c.want)
			}
			if c.want != "" {
				return
			}
			tags := b.out.content.Upload.Tags
			for i := range tags {
				n := r.parts[i+1]
				total -= n
				if n < objstore.MinPart && i+1 < len(tags) || tags[i] != fmt.Sprint(i+1) {
					r.wrong = append(r.wrong, fmt.Sprintf("part %d of %d: %d bytes, tag %s", i+1, len(tags), n, tags[i]))
				}
			}
			if total != 0 || len(r.wrong) > 0 || len(tags) > objstore.MaxParts {
				t.Errorf("%d parts, %d bytes too few, wrong: %.10q", len(tags), total, r.wrong)
			}
		})
	}
}
