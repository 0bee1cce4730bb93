package figure

import (
	"slices"
	"time"
)

// Pairs are times of two sides that took turns, A B A B, so that a machine that is slow or busy slows both.
type Pairs struct{ A, B []time.Duration }

// Duel lets a and b take turns. Each returns its time.
func Duel(pairs int, a, b func() (time.Duration, error)) (*Pairs, error) {
	p := new(Pairs)
	for range pairs {
		x, err := a()
		if err != nil {
			return nil, err
		}
		y, err := b()
		if err != nil {
			return nil, err
		}
		p.A, p.B = append(p.A, x), append(p.B, y)
	}
	return p, nil
}

// Ratio is the median of the pairs' A/B.
func (p *Pairs) Ratio() float64 {
	var ratios []float64
	for i, a := range p.A {
		ratios = append(ratios, float64(a)/float64(p.B[i]))
	}
	return Median(ratios)
}

// Difference is the median of the pairs' A-B.
func (p *Pairs) Difference() time.Duration {
	var all []time.Duration
	for i, a := range p.A {
		all = append(all, a-p.B[i])
	}
	return Median(all)
}

// Median is the middle of an odd number of values, and the upper of the two of an even one. There must be one.
func Median[T int64 | float64 | time.Duration](values []T) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
