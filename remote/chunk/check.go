package chunk

import (
	"bytes"
	"context"
	"fmt"
)

// Check says whether a source can be split at all: its bytes are not compressed
// (a [CompressedError]), it holds what its format names (a [NoRecordError]), and a
// fastq file begins with a record of four lines. It reads the first bytes only,
// unless those hold no record. An empty source passes. Plan checks each source
// before its first chunk; callers with few sources may want to know sooner.
func Check(ctx context.Context, src Source, format Format) error {
	return NewCutter(src, format).check(ctx)
}

func (c *Cutter) check(ctx context.Context) error {
	if _, ok := c.format.find().(everywhere); ok || c.src.Size() == 0 {
		return ctx.Err()
	}
	if err := c.sniff(ctx); err != nil || c.format.demand == demandNone {
		return err
	}
	first, err := c.search(ctx, 0, true)
	if err != nil {
		return err
	}
	if first == c.src.Size() {
		return c.noRecord(first)
	}
	if first == 0 || c.format.demand != demandEvery {
		return nil
	}
	lead := make([]byte, min(first, firstRead))
	if err := readFull(ctx, c.src, lead, 0); err != nil {
		return err
	}
	if len(bytes.TrimSpace(lead)) > 0 {
		return notFourLines(c.src.Name(), c.format)
	}
	return nil
}

func (c *Cutter) sniff(ctx context.Context) error {
	head := make([]byte, min(c.src.Size(), sniffLen))
	if err := readFull(ctx, c.src, head, 0); err != nil {
		return err
	}
	return sniff(c.src.Name(), head)
}

// notFourLines says that a source's first record is not one, though others are.
func notFourLines(name string, format Format) error {
	return fmt.Errorf("%s: does not begin with a record of four lines (format %s)", name, format)
}
