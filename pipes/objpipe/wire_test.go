package objpipe_test

import (
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"

	"sshell/pipes/objpipe"
	"sshell/pipes/objstore/s3/s3test"
)

// counted puts a proxy before the server, and returns its URL and how many requests of each method it has passed on. The
// signature names the server, so that the request's host stays as it came.
func counted(t *testing.T) (endpoint string, count func(method string) int64) {
	t.Helper()
	to, err := url.Parse(s3test.Endpoint())
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	counts := map[string]int64{}
	proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.Out.URL.Scheme, r.Out.URL.Host = to.Scheme, to.Host
		mu.Lock()
		defer mu.Unlock()
		counts[r.In.Method]++
	}})
	t.Cleanup(proxy.Close)
	return proxy.URL, func(method string) int64 {
		mu.Lock()
		defer mu.Unlock()
		return counts[method]
	}
}

// TestOneRequestEach: what an end counts, and what its user pays for, is what reaches the server, for blocks of any size.
func TestOneRequestEach(t *testing.T) {
	const size = 32 << 20 // more than two blocks that are full
	endpoint, count := counted(t)
	w, r, err := stream(t.Context(), objpipe.NewApart(s3test.OpenAt(t, endpoint, s3test.NewBucket(t))), size)
	if err != nil {
		t.Fatal(err)
	}
	if r.Bytes != size {
		t.Errorf("%d of %d bytes came", r.Bytes, size)
	}
	for method, most := range map[string]int64{"PUT": w.Puts + r.Puts, "GET": w.Gets + r.Gets, "POST": 0, "HEAD": 0} {
		if n := count(method); n > most || n == 0 && most > 0 {
			t.Errorf("%d requests are %s, the ends counted %d", n, method, most)
		}
	}
}
