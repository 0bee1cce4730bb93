package figure

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestMedianIsTheMiddle(t *testing.T) {
	if m := Median([]float64{9, 1, 5}); m != 5 {
		t.Errorf("median of 9 1 5 is %v", m)
	}
}

func TestBoundsHoldAtTheirLimit(t *testing.T) {
	for _, c := range []struct {
		value float64
		bound Bound
		holds bool
	}{
		{1.5, AtMost(1.5), true}, {1.51, AtMost(1.5), false}, {2, AtLeast(2), true}, {1.99, AtLeast(2), false},
	} {
		r := Result{Value: c.value, Bound: c.bound}
		if r.Holds() != c.holds || strings.Contains(r.String(), "MISSED") == c.holds {
			t.Errorf("%s: holds is not %v", r, c.holds)
		}
	}
}

// A slow moment slows one pair, which is not the median.
func TestPairsAreComparedEachForItself(t *testing.T) {
	as, bs := []time.Duration{30, 3000, 50}, []time.Duration{10, 1000, 40}
	turn := ""
	take := func(side string, times *[]time.Duration) func() (time.Duration, error) {
		return func() (time.Duration, error) {
			turn += side
			d := (*times)[0]
			*times = (*times)[1:]
			return d, nil
		}
	}
	p, err := Duel(3, take("a", &as), take("b", &bs))
	if err != nil || turn != "ababab" {
		t.Fatalf("turns %s, %v", turn, err)
	}
	if p.Ratio() != 3 || p.Difference() != 20 {
		t.Errorf("ratio %v, difference %v", p.Ratio(), p.Difference())
	}
	broken := errors.New("broken")
	if _, err := Duel(1, func() (time.Duration, error) { return 0, broken }, nil); err != broken {
		t.Errorf("error is %v", err)
	}
}

func TestMeasurePrintsEachFigure(t *testing.T) {
	of := func(r Result, err error) func(int) ([]Result, error) {
		return func(lab int) ([]Result, error) {
			return []Result{{r.Detail, r.Value + float64(lab), r.Unit, r.Bound}}, err
		}
	}
	all := []Figure[int]{
		{"kept", "a promise", of(Result{"one side", 1, " ×", AtMost(2)}, nil)},
		{"unknown", "another", of(Result{}, errors.New("no power"))},
		{"missed", "a third", of(Result{"", 2, " ms", AtMost(2)}, nil)},
	}
	var out bytes.Buffer
	err := Measure(t.Context(), &out, all, 1)
	want := "kept    a promise\n" +
		"          measured 2.00 ×, required ≤ 2.00 ×: holds (one side)\n" +
		"unknown another: no power\n" +
		"missed  a third\n" +
		"          measured 3.00 ms, required ≤ 2.00 ms: MISSED\n"
	if err != ErrMissed || out.String() != want {
		t.Errorf("%v, %q", err, out.String())
	}
	for _, f := range all[1:] {
		if err := Measure(t.Context(), &out, []Figure[int]{f}, 1); err != ErrMissed {
			t.Errorf("%s: error is %v", f.Name, err)
		}
	}
	if err := Measure(t.Context(), &out, all[:1], 1); err != nil {
		t.Errorf("all hold, but %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := Measure(ctx, &out, all, 1); err != context.Canceled {
		t.Errorf("stopped, but %v", err)
	}
}

func TestUnknownFigureNamesThoseThereAre(t *testing.T) {
	all := []Figure[int]{{Name: "start"}, {Name: "spawn"}}
	if some, err := Choose(all, ""); err != nil || len(some) != 2 {
		t.Errorf("%d figures, %v", len(some), err)
	}
	if some, err := Choose(all, "spawn"); err != nil || len(some) != 1 || some[0].Name != "spawn" {
		t.Errorf("%d figures, %v", len(some), err)
	}
	if _, err := Choose(all, "nothing"); err == nil || !strings.HasSuffix(err.Error(), "start spawn") {
		t.Errorf("error is %v", err)
	}
}
