package handler

import (
	"context"
	"time"

	"sshell/lambda"
)

// unhurried takes from an invocation a deadline that it cannot have: one that passed longer ago than a function may run at
// most. Runtimes that people develop with send a constant of 1970.
func unhurried(ctx context.Context) context.Context {
	if end, ok := ctx.Deadline(); ok && time.Since(end) > lambda.MaxTimeout {
		return context.WithoutCancel(ctx)
	}
	return ctx
}
