package s3

import (
	"errors"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

// maxAttempts is how often the SDK sends one request: at its backoff of at most 20 s a service that is away for about
// half a minute goes unnoticed.
const maxAttempts = 6

// refusedWaits are the times before a refused connection is tried again: a server that restarts is back after them, and
// where none listens, which a mistyped endpoint makes likely, whoever waits is told so within two seconds.
var refusedWaits = [...]time.Duration{200 * time.Millisecond, 400 * time.Millisecond, 800 * time.Millisecond}

// retryer is the SDK's adaptive one, but for connections that are refused.
type retryer struct{ aws.RetryerV2 }

func newRetryer() retryer {
	return retryer{retry.NewAdaptiveMode(func(a *retry.AdaptiveModeOptions) {
		a.StandardOptions = append(a.StandardOptions, func(s *retry.StandardOptions) { s.MaxAttempts = maxAttempts })
	})}
}

// RetryDelay gives the time before the attempt after the given one, which is 1 or more; err itself where there is to be none.
func (r retryer) RetryDelay(attempt int, err error) (time.Duration, error) {
	switch {
	case !errors.Is(err, syscall.ECONNREFUSED):
		return r.RetryerV2.RetryDelay(attempt, err)
	case attempt > len(refusedWaits):
		return 0, err
	}
	return refusedWaits[max(attempt, 1)-1], nil
}
