package lambda

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"sshell/pipes/objstore"
)

// Part is a piece of a request: its bytes, or the object that holds them.
type Part struct {
	Inline []byte `cbor:"inline,omitempty"`
	Digest string `cbor:"digest,omitempty"` // SHA-256 in hexadecimal, empty for an inline part
	Size   int64  `cbor:"size,omitempty"`   // bytes of the object
}

// PartKey is the key of a stored part of a run.
func PartKey(run, digest string) string { return "tmp/" + run + "/parts/" + digest }

// Store puts data under its digest, unless it is there, and gives the part that refers to it.
func Store(ctx context.Context, s objstore.Store, run string, data []byte) (Part, error) {
	sum := sha256.Sum256(data)
	p := Part{Digest: hex.EncodeToString(sum[:]), Size: int64(len(data))}
	err := s.Put(ctx, PartKey(run, p.Digest), bytes.NewReader(data), p.Size, true)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return Part{}, fmt.Errorf("store part: %w", err)
	}
	return p, nil
}

// maxPart bounds what is believed of a part's size: a snapshot of a shell that holds files in variables is some 100 MB, and
// a function has MinMemory at least.
const maxPart = 1 << 30

// Fetch gives the bytes of a part of a run. An object that is not what its digest says is an error.
func (p Part) Fetch(ctx context.Context, s objstore.Store, run string) ([]byte, error) {
	if p.Digest == "" {
		return p.Inline, nil
	}
	if p.Size < 0 || p.Size > maxPart || len(p.Digest) != hex.EncodedLen(sha256.Size) {
		return nil, fmt.Errorf("fetch part: %.80q of %d bytes is none", p.Digest, p.Size)
	}
	body, err := s.Get(ctx, PartKey(run, p.Digest), 0, -1)
	if err != nil {
		return nil, fmt.Errorf("fetch part: %w", err)
	}
	defer body.Close()
	var data bytes.Buffer // which grows with what is there, whatever Size promises
	if _, err := io.Copy(&data, io.LimitReader(body, p.Size+1)); err != nil {
		return nil, fmt.Errorf("fetch part: %w", err)
	}
	if sum := sha256.Sum256(data.Bytes()); hex.EncodeToString(sum[:]) != p.Digest {
		return nil, fmt.Errorf("fetch part: the object %s is not what its digest says", PartKey(run, p.Digest))
	}
	return data.Bytes(), nil
}
