package handler

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"sshell/lambda"
)

func TestUnhurried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			left time.Duration
			kept bool
		}{
			{time.Minute, true}, {-time.Second, true}, {-lambda.MaxTimeout, true}, {-lambda.MaxTimeout - 1, false},
		} {
			ctx, cancel := context.WithTimeout(t.Context(), c.left)
			got := unhurried(ctx)
			if _, kept := got.Deadline(); kept != c.kept || !kept && got.Err() != nil {
				t.Errorf("%v left: kept %v, want %v, %v", c.left, kept, c.kept, got.Err())
			}
			cancel()
		}
	})
}
