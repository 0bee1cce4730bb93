package flow

import (
	"context"
	"io"
	"sort"

	"sshell/remote"
	"sshell/remote/chunk"
)

// joined is a chunk.Source of pieces of objects, one after the other.
type joined struct {
	scratch *scratch
	pieces  []remote.Piece
	starts  []int64 // where each begins, and where the last ends
}

// joinPieces returns pieces as a source that is cut into chunks.
func joinPieces(c *scratch, pieces []remote.Piece, format chunk.Format) *object {
	j := &joined{scratch: c, starts: []int64{0}}
	for _, p := range pieces {
		j.add(p)
	}
	return j.object(format)
}

// Size implements chunk.Source.
func (j *joined) Size() int64 { return j.starts[len(j.starts)-1] }

// Name implements chunk.Source.
func (j *joined) Name() string { return "standard input" }

// slice returns the pieces of a range.
func (j *joined) slice(start, end int64) []remote.Piece {
	var list []remote.Piece
	for i := sort.Search(len(j.pieces), func(i int) bool { return j.starts[i+1] > start }); i < len(j.pieces) && j.starts[i] < end; i++ {
		p := j.pieces[i]
		from, to := max(start-j.starts[i], 0), min(end, j.starts[i+1])-j.starts[i]
		list = append(list, remote.Piece{Object: p.Object, Start: p.Start + from, End: p.Start + to})
	}
	return list
}

// ReadRange reads from byte off on, until ctx ends.
func (j *joined) ReadRange(ctx context.Context, p []byte, off int64) (int, error) {
	n := 0
	for _, piece := range j.slice(off, min(off+int64(len(p)), j.Size())) {
		body, err := j.scratch.read(ctx, piece)
		if err != nil {
			return n, err
		}
		m, err := io.ReadFull(body, p[n:n+int(piece.End-piece.Start)])
		body.Close()
		if n += m; err != nil {
			return n, err
		}
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// ReadAt implements io.ReaderAt.
func (j *joined) ReadAt(p []byte, off int64) (int, error) {
	return j.ReadRange(context.Background(), p, off)
}
