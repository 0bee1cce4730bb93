package emulator

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
)

type bodyKey struct{}

// withBody carries a request's body, which was read to check its signature.
func withBody(ctx context.Context, body []byte) context.Context {
	return context.WithValue(ctx, bodyKey{}, body)
}

func bodyOf(r *http.Request) []byte {
	body, _ := r.Context().Value(bodyKey{}).([]byte)
	return body
}

// decode reads a request's body as JSON.
func decode(r *http.Request, into any) *apiError {
	if err := json.Unmarshal(bodyOf(r), into); err != nil {
		return errContent(err)
	}
	return nil
}

// newID makes a random UUID, which is what the service names requests with.
func newID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
