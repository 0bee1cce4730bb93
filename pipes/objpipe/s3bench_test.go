package objpipe_test

import (
	"context"
	"io"
	"slices"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"sshell/pipes"
	"sshell/pipes/objpipe"
	"sshell/pipes/objstore/s3/s3test"
)

const (
	streamSize = 1 << 30
	blockSize  = 8 << 20
	blocks     = streamSize / blockSize
	inFlight   = 4
	pieceSize  = 64 << 10
)

// BenchmarkS3Throughput takes turns with bare loops over the SDK, and gives the median of the speeds' ratios.
func BenchmarkS3Throughput(b *testing.B) {
	var ratios []float64
	var pipeTime, bareTime time.Duration
	for n := 0; b.Loop(); n++ {
		bucket := s3test.NewBucket(b)
		var bare, pipe time.Duration
		rounds := []func(){func() {
			bare = timed(b, func() error { return throughSDK(b, s3test.NewBare(b, bucket)) })
		}, func() {
			pipe = timed(b, func() error {
				_, _, err := stream(b.Context(), objpipe.NewApart(s3test.Open(b, bucket)), streamSize)
				return err
			})
		}}
		for i := range rounds { // each first in every other round, as the one before leaves warm connections and a busy disk
			rounds[(i+n)%len(rounds)]()
			empty(b, bucket)
		}
		ratios = append(ratios, bare.Seconds()/pipe.Seconds())
		pipeTime, bareTime = pipeTime+pipe, bareTime+bare
	}
	b.ReportMetric(median(ratios), "of-bare")
	b.ReportMetric(float64(b.N)*streamSize/1e6/pipeTime.Seconds(), "MB/s")
	b.ReportMetric(float64(b.N)*streamSize/1e6/bareTime.Seconds(), "bare-MB/s")
}

// BenchmarkS3Requests counts those of one GiB, and of a stream that carries nothing.
func BenchmarkS3Requests(b *testing.B) {
	var w, r pipes.Stats
	var idle float64
	for b.Loop() {
		bucket := s3test.NewBucket(b)
		transport := objpipe.NewApart(s3test.Open(b, bucket))
		var err error
		if w, r, err = stream(b.Context(), transport, streamSize); err != nil {
			b.Fatal(err)
		}
		empty(b, bucket)
		if idle, err = idleGets(b.Context(), transport); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(w.Puts), "PUTs")
	b.ReportMetric(float64(r.Gets)/float64(w.Puts-1), "GETs/block") // the mark is no block
	b.ReportMetric(idle, "idle-GETs/s")
}

// idleGets is how many requests a second both ends of an idle stream make.
func idleGets(ctx context.Context, transport pipes.Transport) (float64, error) {
	const settled, watched = 5 * time.Second, 10 * time.Second // the reader's waits have grown by then
	w, r, err := pair(ctx, transport, "idle/0")
	if err != nil {
		return 0, err
	}
	defer w.Break(nil)
	defer r.Close()
	time.Sleep(settled)
	before := w.Stats().Gets + r.Stats().Gets
	time.Sleep(watched)
	return float64(w.Stats().Gets+r.Stats().Gets-before) / watched.Seconds(), nil
}

// BenchmarkS3FirstByte gives in milliseconds what 64 KiB that are written at once take to a waiting reader beyond a PUT and a GET of as
// many over the SDK, p50: at the stream's beginning, and after silence.
func BenchmarkS3FirstByte(b *testing.B) {
	const silence = 5 * time.Second
	peer := s3test.NewBare(b, s3test.NewBucket(b))
	transport := objpipe.NewApart(s3test.NewStore(b))
	data := make([]byte, pieceSize)
	var bare, first, later []float64
	for n := 0; b.Loop(); n++ {
		key := strconv.Itoa(n)
		bare = append(bare, milliseconds(timed(b, func() error {
			if err := peer.Put(b.Context(), key, data); err != nil {
				return err
			}
			return get(b.Context(), peer, key)
		})))
		w, r, err := pair(b.Context(), transport, "first/"+key)
		if err != nil {
			b.Fatal(err)
		}
		exchange := func() error {
			if _, err := w.Write(data); err != nil {
				return err
			}
			_, err := io.ReadFull(r, make([]byte, 1))
			return err
		}
		time.Sleep(time.Duration(n%20) * time.Millisecond) // anywhere between two looks of the reader
		first = append(first, milliseconds(timed(b, exchange)))
		if n%10 == 0 {
			if _, err := io.ReadFull(r, make([]byte, pieceSize-1)); err != nil {
				b.Fatal(err)
			}
			time.Sleep(silence + time.Duration(n*17%250)*time.Millisecond)
			later = append(later, milliseconds(timed(b, exchange)))
		}
		w.Break(nil)
		r.Close()
	}
	b.ReportMetric(median(first)-median(bare), "ms-over")
	b.ReportMetric(slices.Max(later)-median(bare), "ms-over-after-silence")
	b.ReportMetric(median(bare), "bare-ms")
}

func timed(b *testing.B, f func() error) time.Duration {
	b.Helper()
	began := time.Now()
	if err := f(); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}

func milliseconds(d time.Duration) float64 { return d.Seconds() * 1e3 }

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

func pair(ctx context.Context, transport pipes.Transport, name string) (pipes.Writer, pipes.Reader, error) {
	r, err := transport.Open(ctx, name)
	if err != nil {
		return nil, nil, err
	}
	w, err := transport.Create(ctx, name)
	if err != nil {
		r.Close()
	}
	return w, r, err
}

// empty removes what a round stored, so that writing it to disk does not fall into the next.
func empty(b *testing.B, bucket string) {
	b.Helper()
	store := s3test.Open(b, bucket)
	for o, err := range store.List(b.Context(), "") {
		if err == nil {
			err = store.Delete(b.Context(), o.Key)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

// stream sends size bytes, and gives what both ends cost.
func stream(ctx context.Context, transport pipes.Transport, size int) (ws, rs pipes.Stats, err error) {
	w, r, err := pair(ctx, transport, "0/0")
	if err != nil {
		return ws, rs, err
	}
	var ends errgroup.Group
	ends.Go(func() error {
		piece := make([]byte, pieceSize)
		for range size / pieceSize {
			if _, err := w.Write(piece); err != nil {
				return err
			}
		}
		return w.End(0)
	})
	ends.Go(func() error { return drain(r) })
	err = ends.Wait()
	ws, rs = w.Stats(), r.Stats()
	r.Close()
	return ws, rs, err
}

func drain(r io.Reader) error {
	buf := make([]byte, pieceSize)
	for {
		if _, err := r.Read(buf); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// throughSDK puts streamSize bytes as objects of blockSize, inFlight at a time, while as many loops get those that are there. The bytes
// come as those of the stream do, in pieces of pieceSize, and leave as its do.
func throughSDK(b *testing.B, peer s3test.Bare) error {
	next, there := make(chan string, blocks), make(chan string, blocks)
	for n := range blocks {
		next <- strconv.Itoa(n)
	}
	close(next)
	ctx := b.Context()
	var puts, gets errgroup.Group
	for range inFlight {
		puts.Go(func() error {
			block := make([]byte, blockSize)
			for key := range next {
				if err := peer.Put(ctx, key, block); err != nil {
					return err
				}
				there <- key
			}
			return nil
		})
		gets.Go(func() error {
			for key := range there {
				if err := get(ctx, peer, key); err != nil {
					return err
				}
			}
			return nil
		})
	}
	err := puts.Wait()
	close(there)
	if getErr := gets.Wait(); err == nil {
		err = getErr
	}
	return err
}

func get(ctx context.Context, peer s3test.Bare, key string) error {
	body, err := peer.Get(ctx, key)
	if err != nil {
		return err
	}
	defer body.Close()
	return drain(body)
}
