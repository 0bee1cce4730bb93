package deploy

import (
	"context"
	"fmt"
	"time"
)

// pause waits.
func (d *Deployer) pause(ctx context.Context, t time.Duration) error {
	if d.Pause != nil {
		return d.Pause(ctx, t)
	}
	timer := time.NewTimer(t)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// patience is how long something is waited for that takes its time: IAM tells all of a region about a new role within some
// seconds, an image of a function is made ready in a minute or two.
const patience = 5 * time.Minute

// until asks again, ever more slowly, until ready says so.
func (d *Deployer) until(ctx context.Context, what string, ready func() (bool, error)) error {
	wait := 250 * time.Millisecond
	for waited := time.Duration(0); ; waited += wait {
		ok, err := ready()
		if ok || err != nil {
			return err
		}
		if waited > patience {
			return &unreadyError{what}
		}
		if waited > 0 {
			wait = min(2*wait, 5*time.Second)
		}
		if err := d.pause(ctx, wait); err != nil {
			return err
		}
	}
}

// unreadyError says that something took too long.
type unreadyError struct{ what string }

func (e *unreadyError) Error() string {
	return fmt.Sprintf("%s: not ready after %v: try again, or see what the console says", e.what, patience)
}

// insist makes a call again while its error passes: services tell their parts of what is new with some delay.
func (d *Deployer) insist(ctx context.Context, what string, passes func(error) bool, call func() error) error {
	return d.until(ctx, what, func() (bool, error) {
		err := call()
		if err != nil && passes(err) {
			return false, nil
		}
		return err == nil, err
	})
}
