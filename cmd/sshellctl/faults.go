package main

import (
	"flag"
	"fmt"
	"strconv"
	"strings"
	"time"

	"sshell/lambda/emulator"
)

// faultOptions are emulate's flags about faults.
type faultOptions struct {
	emulator.Faults
	seeded bool // --faults was given
	used   bool // another of them was
}

// faultFlags adds the flags to a set.
func faultFlags(f *flag.FlagSet) *faultOptions {
	o := new(faultOptions)
	f.Func("faults", "have calls and invocations go wrong, by this `seed`, a number", func(text string) (err error) {
		o.seeded = true
		o.Seed, err = strconv.ParseUint(text, 10, 64)
		return err
	})
	f.Func("fault-rate", "`share` of calls that have a fault, over 0 to 1 (default 0.05)", func(text string) (err error) {
		o.used = true
		if o.Rate, err = strconv.ParseFloat(text, 64); err == nil && !(o.Rate > 0 && o.Rate <= 1) {
			err = fmt.Errorf("it is not over 0, and at most 1")
		}
		return err
	})
	words := make([]string, len(emulator.AllFaults))
	for i, kind := range emulator.AllFaults {
		words[i] = string(kind)
	}
	f.Func("fault-kinds", "`list` of "+strings.Join(words, ",")+" (default all)", func(text string) (err error) {
		o.used = true
		o.Kinds, err = emulator.ParseFaults(text)
		return err
	})
	f.Func("fault-delay", "longest `time` by which a slow answer is late, and within which a function is killed (default 1s)", func(text string) (err error) {
		o.used = true
		if o.Delay, err = time.ParseDuration(text); err == nil && o.Delay <= 0 {
			err = fmt.Errorf("it is not over 0")
		}
		return err
	})
	f.BoolFunc("fault-control", "have faults when functions, roles and buckets are made and changed as well", func(text string) (err error) {
		o.used = true
		o.Control, err = strconv.ParseBool(text)
		return err
	})
	return o
}

// asked gives the faults that the flags asked for, or nil.
func (o *faultOptions) asked() *emulator.Faults {
	if !o.seeded {
		return nil
	}
	return &o.Faults
}
