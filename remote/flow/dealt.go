package flow

import (
	"bytes"
	"fmt"

	"sshell/pipes/objstore"
	"sshell/remote"
)

// take notes where the lines of an output are that its task has dealt. As in the outputs one after the other, the line that one
// ends with goes on in the next.
func (s *shuffle) take(h *heldOutput) error {
	if h.dealt == nil {
		return nil // it is empty
	}
	object, index := h.pieces[0].Object, h.dealt
	at := int64(0)
	for i, n := range index.Parts {
		p := remote.Piece{Object: object, Start: at, End: at + n}
		if i == index.First && index.FirstSize > 0 && len(s.begun) > 0 {
			first := remote.Piece{Object: object, Start: at, End: at + index.FirstSize}
			if err := s.endLine(&first); err != nil {
				return err
			}
			p.Start = first.End
		}
		s.note(i, p)
		at += n
	}
	if at < h.stored {
		s.begun = append(s.begun, remote.Piece{Object: object, Start: at, End: h.stored})
	}
	return nil
}

// note adds a piece to a part.
func (s *shuffle) note(part int, p remote.Piece) {
	if p.End > p.Start {
		to := &s.parts[part].held
		to.pieces = append(to.pieces, p)
		to.stored += p.End - p.Start
	}
}

// endLine deals the line that was begun: it ends with what is last, or with nothing more. Such a line passes through this process.
func (s *shuffle) endLine(last *remote.Piece) error {
	pieces := s.begun
	if last != nil {
		pieces = append(pieces, *last)
	}
	s.begun = nil
	var line []byte
	err := s.s.scratch.fetch(s.ctx, pieces, func(b []byte) error {
		line = append(line, b...)
		return nil
	})
	if err != nil {
		return err
	}
	if last == nil {
		line = append(line, '\n')
	}
	name, err := s.storeLine(line)
	if err != nil {
		return fmt.Errorf("store line: %w", err)
	}
	s.note(s.dealer.Part(line), remote.Piece{Object: name, End: int64(len(line))})
	return nil
}

// storeLine makes a line an object, beside those of tasks.
func (s *shuffle) storeLine(line []byte) (string, error) {
	c := s.s.scratch
	name, err := c.object(s.ctx, c.storer.Scratch())
	if err != nil {
		return "", err
	}
	u, err := objstore.ParseURL(name)
	if err != nil {
		return "", err
	}
	to, err := c.storer.Bucket(s.ctx, u.Bucket)
	if err != nil {
		return "", err
	}
	return name, to.Put(s.ctx, u.Key, bytes.NewReader(line), int64(len(line)), false)
}
