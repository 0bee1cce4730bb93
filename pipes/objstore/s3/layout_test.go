package s3

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"sshell/pipes/objstore"
)

// TestLayout: parts hold the sources' bytes in order, each once, and S3 takes them.
func TestLayout(t *testing.T) {
	const most = 3 * minPart
	for seed := range uint64(500) {
		random := rand.New(rand.NewPCG(seed, 1))
		var sources []objstore.Object
		for i := range random.IntN(12) {
			size := []int64{0, 1, minPart - 1, minPart, minPart + 1, most, most + 1, random.Int64N(2 * minPart), random.Int64N(8 * most)}[random.IntN(9)]
			sources = append(sources, objstore.Object{Key: fmt.Sprint(i), Size: size})
		}
		parts := layout(sources, most)
		at, off := 0, int64(0)
		for i, p := range parts {
			if size := p.size(); size < minPart && i < len(parts)-1 || size == 0 || p.copied && size > most || !p.copied && size > minPart {
				t.Fatalf("seed %d: part %d of %d has %d bytes, copied: %v", seed, i+1, len(parts), size, p.copied)
			}
			for _, piece := range p.pieces {
				for at < len(sources) && off == sources[at].Size {
					at, off = at+1, 0
				}
				if at == len(sources) || piece.Key != sources[at].Key || piece.off != off {
					t.Fatalf("seed %d: part %d continues with %+v, not at %d of source %d", seed, i+1, piece, off, at)
				}
				off += piece.n
			}
		}
		for at < len(sources) && off == sources[at].Size {
			at, off = at+1, 0
		}
		if at < len(sources) {
			t.Fatalf("seed %d: the parts end at %d of source %d of %d", seed, off, at, len(sources))
		}
	}
}

// TestPartSizes: parts of a body whose size is not known reach the largest object, and none is too big.
func TestPartSizes(t *testing.T) {
	sum := int64(0)
	for n := 1; n <= maxParts; n++ {
		size := partSize(n, -1)
		if size < minPart || size > maxPart {
			t.Fatalf("part %d has %d bytes", n, size)
		}
		sum += size
	}
	if sum < maxObject {
		t.Errorf("%d parts reach %d bytes", maxParts, sum)
	}
	if size := partSize(1, maxObject); size > maxPart || size*maxParts < maxObject {
		t.Errorf("a part of the largest object has %d bytes", size)
	}
}
