package main

import "fmt"

// bound is a promise's limit: at most, or at least, a value of a metric.
type bound struct {
	metric string // as the benchmark reports it
	least  bool
	value  float64
}

func atMost(metric string, v float64) bound  { return bound{metric, false, v} }
func atLeast(metric string, v float64) bound { return bound{metric, true, v} }

// result is one number that was measured and what it must be.
type result struct {
	value float64
	bound bound
}

func (r result) holds() bool {
	if r.bound.least {
		return r.value >= r.bound.value
	}
	return r.value <= r.bound.value
}

func (r result) String() string {
	sign, verdict := "≤", "holds"
	if r.bound.least {
		sign = "≥"
	}
	if !r.holds() {
		verdict = "MISSED"
	}
	return fmt.Sprintf("measured %.2f %s, required %s %.2f: %s", r.value, r.bound.metric, sign, r.bound.value, verdict)
}
