package main

import "fmt"

// result is one number that was measured and what it must be.
type result struct {
	detail string // what the two sides took, for people
	value  float64
	unit   string
	bound  bound
}

// bound is a promise's limit: at most, or at least, a value.
type bound struct {
	least bool
	value float64
}

func atMost(v float64) bound  { return bound{false, v} }
func atLeast(v float64) bound { return bound{true, v} }

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
	return fmt.Sprintf("measured %.2f%s, required %s %.2f%s: %s (%s)",
		r.value, r.unit, sign, r.bound.value, r.unit, verdict, r.detail)
}
