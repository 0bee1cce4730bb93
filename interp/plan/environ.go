package plan

import (
	"context"
	"os"
)

// environKey is the key of a context's environment.
type environKey struct{}

// WithEnviron gives a call of Files the environment of the shell that makes it: environ returns its exported variables as
// NAME=VALUE.
func WithEnviron(ctx context.Context, environ func() []string) context.Context {
	return context.WithValue(ctx, environKey{}, environ)
}

// Environ is the environment of the shell that makes a call of Files, this process's where none was given.
func Environ(ctx context.Context) []string {
	if environ, ok := ctx.Value(environKey{}).(func() []string); ok {
		return environ()
	}
	return os.Environ()
}
