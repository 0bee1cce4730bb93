package figure

import "fmt"

// Result is one number that was measured and what it must be.
type Result struct {
	Detail string // what the sides took, for people; may be empty
	Value  float64
	Unit   string // written behind numbers as it is, so mostly it begins with a space
	Bound  Bound
}

// Bound is a promise's limit: at most, or at least, a value.
type Bound struct {
	least bool
	value float64
}

// AtMost holds for values up to v, and v.
func AtMost(v float64) Bound { return Bound{false, v} }

// AtLeast holds for values from v on.
func AtLeast(v float64) Bound { return Bound{true, v} }

// Holds reports whether the promise is kept.
func (r Result) Holds() bool {
	if r.Bound.least {
		return r.Value >= r.Bound.value
	}
	return r.Value <= r.Bound.value
}

// String is the result's line.
func (r Result) String() string {
	sign, verdict := "≤", "holds"
	if r.Bound.least {
		sign = "≥"
	}
	if !r.Holds() {
		verdict = "MISSED"
	}
	line := fmt.Sprintf("measured %.2f%s, required %s %.2f%s: %s", r.Value, r.Unit, sign, r.Bound.value, r.Unit, verdict)
	if r.Detail != "" {
		line += " (" + r.Detail + ")"
	}
	return line
}
