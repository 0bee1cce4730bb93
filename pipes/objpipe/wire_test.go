package objpipe_test

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"sshell/pipes/objpipe"
	"sshell/pipes/objstore/s3/s3test"
)

// between puts a proxy before the server that calls request and answer for what it passes on, and returns its URL. The
// signature names the server, so that the request's host stays as it came.
func between(t *testing.T, request func(*http.Request), answer func(*http.Response)) (endpoint string) {
	t.Helper()
	to, err := url.Parse(s3test.Endpoint())
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = to.Scheme, to.Host
			request(r.In)
		},
		ModifyResponse: func(r *http.Response) error {
			answer(r)
			return nil
		},
	})
	t.Cleanup(proxy.Close)
	return proxy.URL
}

// TestOneRequestEach: what an end counts, and what its user pays for, is what reaches the server, for blocks of any size.
func TestOneRequestEach(t *testing.T) {
	const size = 32 << 20 // more than two blocks that are full
	var mu sync.Mutex
	counts := map[string]int64{}
	endpoint := between(t, func(r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		counts[r.Method]++
	}, func(*http.Response) {})
	w, r, err := stream(t.Context(), objpipe.NewApart(s3test.OpenAt(t, endpoint, s3test.NewBucket(t))), size)
	if err != nil {
		t.Fatal(err)
	}
	if r.Bytes != size {
		t.Errorf("%d of %d bytes came", r.Bytes, size)
	}
	mu.Lock()
	defer mu.Unlock()
	for method, most := range map[string]int64{"PUT": w.Puts + r.Puts, "GET": w.Gets + r.Gets, "POST": 0, "HEAD": 0} {
		if n := counts[method]; n > most || n == 0 && most > 0 {
			t.Errorf("%d requests are %s, the ends counted %d", n, method, most)
		}
	}
}

// TestSpoiltOnItsWay: the checksum that travels with a block is looked at before its bytes are given out.
func TestSpoiltOnItsWay(t *testing.T) {
	const size = 3 << 20
	var mu sync.Mutex
	spoilt := map[string]bool{}
	endpoint := between(t, func(*http.Request) {}, func(r *http.Response) {
		mu.Lock()
		defer mu.Unlock()
		path := r.Request.URL.Path
		if r.Request.Method != http.MethodGet || r.StatusCode != http.StatusOK || r.ContentLength < 1<<10 || spoilt[path] {
			return
		}
		spoilt[path] = true
		r.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(io.LimitReader(r.Body, 1<<10-1), flip{r.Body}), r.Body}
	})
	w, r, err := pair(t.Context(), objpipe.NewApart(s3test.OpenAt(t, endpoint, s3test.NewBucket(t))), "0/0")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	data := bytes.Repeat([]byte("0123456789abcdef"), size/16)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.End(0); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d of %d bytes came, %v, as they were written: %v", len(got), len(data), err, bytes.Equal(got, data))
	}
	if len(spoilt) < 3 {
		t.Errorf("%d blocks were spoilt: %v", len(spoilt), strings.Join(slices.Sorted(maps.Keys(spoilt)), " "))
	}
}

// flip changes every byte.
type flip struct{ io.Reader }

func (f flip) Read(p []byte) (int, error) {
	n, err := f.Reader.Read(p)
	for i := range p[:n] {
		p[i] ^= 1
	}
	return n, err
}
