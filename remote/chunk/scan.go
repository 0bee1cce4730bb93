package chunk

import "bytes"

// scan looks for the end of the current chunk in the current block. It returns its
// index and true; with false, s.at has moved to where the chunk cannot end before.
func (s *Splitter) scan() (int, bool, error) {
	if !s.passed {
		if err := s.scanLead(); !s.passed || err != nil {
			return 0, false, err
		}
	}
	switch s.spec.By {
	case ByRecords:
		if sep, ok := s.format.delimiter(); ok {
			end, found := s.scanDelimited(sep)
			return end, found, nil
		}
		return s.scanRecords()
	case ByLines:
		return s.scanLines()
	}
	if s.target-s.base > int64(len(s.v.buf)) {
		s.at = len(s.v.buf)
		return 0, false, nil
	}
	s.from = s.target
	found, err := s.search(max(s.at, int(s.target-s.base)))
	return s.at, found, err
}

// search moves s.at to the first record start from index i on, if it is there.
func (s *Splitter) search(i int) (bool, error) {
	p, ok := s.find.next(&s.v, i)
	s.at = p
	if !ok && !s.v.eof && s.format.demand == demandEvery && s.searched() >= searchLimit {
		return false, s.noRecord(searchLimit)
	}
	return ok, nil
}

func (s *Splitter) searched() int64 { return s.base + int64(len(s.v.buf)) - s.from }

func (s *Splitter) noRecord(searched int64) error {
	return &NoRecordError{Name: s.name, Format: s.format.String(), Searched: searched}
}

// scanLead looks for the stream's first record, as Check does for a Source.
func (s *Splitter) scanLead() error {
	was := s.at
	found, err := s.search(was)
	if err != nil {
		return err
	}
	s.lead = s.lead || len(bytes.TrimSpace(s.v.buf[was:s.at])) > 0
	switch {
	case found && s.lead && s.format.demand == demandEvery:
		return notFourLines(s.name, s.format)
	case found:
		s.passed = true
	case s.v.eof:
		return s.noRecord(s.searched())
	case s.searched() >= searchLimit:
		return s.noRecord(searchLimit)
	}
	return nil
}

// scanDelimited passes s.left records that each end in sep.
func (s *Splitter) scanDelimited(sep byte) (int, bool) {
	s.at, s.left = afterNth(s.v.buf, s.at, s.left, sep)
	if s.left > 0 {
		return 0, false
	}
	s.left = s.spec.N
	return s.at, true
}

// scanRecords passes s.left record starts; the next one is the chunk's end, and the
// first start of the chunk after it.
func (s *Splitter) scanRecords() (int, bool, error) {
	for {
		found, err := s.search(s.at)
		if !found || err != nil {
			return 0, false, err
		}
		start := s.at
		s.from = s.base + int64(start)
		s.at++
		if s.left == 0 {
			s.left = s.spec.N - 1
			return start, true, nil
		}
		s.left--
	}
}

// scanLines passes lines until there were s.target in all; the chunk ends at the
// next record start. Some may have been counted on the way to the first record.
func (s *Splitter) scanLines() (int, bool, error) {
	if want := s.target - s.lines; want > 0 {
		i, left := afterNth(s.v.buf, s.counted, want, '\n')
		s.lines += want - left
		s.counted = i
		s.at = max(s.at, i)
		s.from = s.base + int64(i)
		if left > 0 {
			return 0, false, nil
		}
	}
	found, err := s.search(s.at)
	if !found || err != nil {
		return 0, false, err
	}
	s.countLines(s.at)
	return s.at, true, nil
}

// countLines counts the newlines up to index to, if that was not done.
func (s *Splitter) countLines(to int) {
	if s.spec.By == ByLines && to > s.counted {
		s.lines += int64(bytes.Count(s.v.buf[s.counted:to], []byte{'\n'}))
		s.counted = to
	}
}
