package flow

import (
	"context"
	"fmt"

	"sshell/remote/chunk"
)

// explain says what would be run, from the names and sizes of the sources alone.
func (u *mapUnit) explain(ctx context.Context, s *segment) ([]string, error) {
	var lines []string
	var err error
	if u.chunks() {
		var line string
		line, err = u.explainChunks(ctx, s)
		lines = append(lines, line)
	} else {
		lines = append(lines, u.explainValues())
	}
	if err != nil {
		return nil, err
	}
	lines = append(lines, fmt.Sprintf("at a time %d", u.options.slots(s.cfg.Cores)))
	switch {
	case u.reduce != nil && u.reduce.tree:
		lines = append(lines, fmt.Sprintf("outputs reduced %d at a time, level by level", u.reduce.fanIn))
	case u.reduce != nil:
		parts := u.reduce.parts
		if parts == 0 {
			parts = u.reduce.slots(u.options.jobs.slots(s.cfg.Cores))
		}
		lines = append(lines, fmt.Sprintf("lines shuffled to %d tasks by key", parts))
	}
	lines = append(lines, s.commandTravels(u.options.runnerOptions(s.dir, false), u.command, u.options.with)...)
	if u.reduce != nil {
		if more := s.commandTravels(u.reduce.runnerOptions(s.dir, false), u.reducer, u.reduce.with); more != nil {
			lines = append(append(lines, "to reduce:"), more...)
		}
	}
	return lines, nil
}

// explainValues says how many tasks there would be for values.
func (u *mapUnit) explainValues() string {
	n := 1
	groups := u.options.args.groups
	for _, g := range groups {
		if g[0].isFile {
			groups = nil
			break
		}
		shortest := len(g[0].words)
		for _, src := range g[1:] {
			shortest = min(shortest, len(src.words))
		}
		n *= shortest
	}
	per := "one for each"
	if u.options.args.max > 1 {
		n = (n + u.options.args.max - 1) / u.options.args.max
		per = fmt.Sprintf("one for every %d", u.options.args.max)
	}
	if len(groups) == 0 {
		return "tasks " + per + " of the input's values"
	}
	return fmt.Sprintf("tasks %d", n)
}

// explainChunks says how many tasks there would be for chunks.
func (u *mapUnit) explainChunks(ctx context.Context, s *segment) (string, error) {
	format, spec := u.options.format.format, u.options.spec()
	var names []string
	if u.split != nil {
		format, spec = u.split.format.format, u.split.size.spec
		var err error
		if names, err = s.expand(ctx, u.split.sources); err != nil {
			return "", &stageError{0, err}
		}
	}
	total, stream := int64(0), len(names) == 0
	for _, name := range names {
		if name == "-" {
			stream = true
			continue
		}
		size, err := s.size(ctx, name, format)
		if err != nil {
			return "", &stageError{0, err}
		}
		stream = stream || size < 0
		total += max(size, 0)
	}
	if spec.N == 0 {
		spec = chunk.Spec{By: chunk.BySize, N: chunk.DefaultSize(total, u.options.slots(s.cfg.Cores))}
		if stream {
			spec.N = chunk.DefaultStreamSize
		}
	}
	return explainSize(format, spec, total, stream), nil
}

// size returns a source's size; -1 for a stream.
func (s *segment) size(ctx context.Context, name string, format chunk.Format) (int64, error) {
	o, err := s.openObject(ctx, name, format)
	if err == nil {
		defer o.close()
		return o.Size(), chunk.Check(ctx, o.Source, format)
	}
	if isStream(err) {
		return -1, nil
	}
	return 0, err
}

func explainSize(format chunk.Format, spec chunk.Spec, total int64, stream bool) string {
	size := ""
	switch spec.By {
	case chunk.BySize:
		size = "chunks of about " + chunk.FormatSize(spec.N)
	case chunk.ByCount:
		return fmt.Sprintf("tasks %d, %s, %s", spec.N, chunk.FormatSize(total), format)
	case chunk.ByRecords:
		size = fmt.Sprintf("chunks of %d records", spec.N)
	case chunk.ByLines:
		size = fmt.Sprintf("chunks of %d lines", spec.N)
	}
	switch {
	case stream:
		return fmt.Sprintf("tasks as a stream comes, %s, %s", size, format)
	case spec.By == chunk.BySize:
		return fmt.Sprintf("tasks %d, %s, %s, %s", (total+spec.N-1)/spec.N, size, chunk.FormatSize(total), format)
	}
	return fmt.Sprintf("tasks as records are counted, %s, %s, %s", size, chunk.FormatSize(total), format)
}
