package emulator

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"
)

// serveFrontedS3 serves S3 from behind a proxy that adds the faults, or has another clock: the server itself takes no handler of ours
// that could.
func serveFrontedS3(ctx context.Context, c S3Config) error {
	address := c.Address
	if address == "" {
		address = "127.0.0.1:0"
	}
	if err := checkLoopback(address); err != nil {
		return fmt.Errorf("serve s3: %w", err)
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("serve s3: %w", err)
	}
	running, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	front := &http.Server{ReadHeaderTimeout: time.Minute}
	between := &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: s3Connections}
	defer context.AfterFunc(running, func() { // or the server behind would wait for the calls' ends
		front.Close()
		between.CloseIdleConnections()
	})()
	behind := c
	behind.Faults, behind.Ahead, behind.Address = nil, 0, ""
	behind.Ready = func(endpoint string) {
		front.Handler = c.front(forward(endpoint, between))
		go func() {
			if err := front.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				cancel(fmt.Errorf("serve s3: %w", err))
			}
		}()
		if c.Ready != nil {
			c.Ready("http://" + l.Addr().String())
		}
	}
	err = ServeS3(running, behind)
	front.Close()
	l.Close() // which front does only if it served
	if err == nil && ctx.Err() == nil {
		err = context.Cause(running)
	}
	return err
}

// front adds what is asked for to the server behind.
func (c *S3Config) front(h http.Handler) http.Handler {
	if c.Ahead != 0 {
		h = &otherClock{Handler: h, ahead: c.Ahead, accounts: c.accounts()}
	}
	if c.Faults != nil {
		h = &faulty{Handler: h, dice: newDice(*c.Faults), operation: s3Operation, refuse: refuseS3}
	}
	return h
}

// forward hands calls on as they are: their signatures are checked behind.
func forward(endpoint string, between http.RoundTripper) http.Handler {
	to, err := url.Parse(endpoint)
	if err != nil {
		panic(err) // it is the server's own
	}
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = to.Scheme, to.Host
			r.Out.URL.RawQuery = r.In.URL.RawQuery
			r.Out.Host = r.In.Host
		},
		Transport:     between,
		FlushInterval: -1, // a part of an answer is worth as much as it is behind
		ErrorHandler:  func(w http.ResponseWriter, _ *http.Request, _ error) { reset(w) },
	}
}

// s3Operation names calls of S3 for their faults. Objects, listings and deletions of many objects are the data plane.
func s3Operation(r *http.Request) (string, bool, []Fault) {
	kinds := []Fault{SlowDown, Internal, Reset, Lost, Slow}
	if r.Method == http.MethodGet {
		kinds = append(kinds, Cut)
	}
	if _, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/"); key != "" {
		return r.Method + " object", false, kinds
	}
	query := r.URL.Query()
	switch {
	case r.Method == http.MethodGet && query.Has("list-type"):
		return "list", false, kinds
	case r.Method == http.MethodPost && query.Has("delete"):
		return "delete", false, kinds
	}
	return r.Method + " bucket", true, kinds
}

// refuseS3 answers with an error of S3 ("Error responses" in its API reference). As S3 may, it leaves a body unread.
func refuseS3(w http.ResponseWriter, r *http.Request, kind Fault) {
	status, code, message := http.StatusInternalServerError, "InternalError", "We encountered an internal error. Please try again."
	if kind == SlowDown {
		status, code, message = http.StatusServiceUnavailable, "SlowDown", "Please reduce your request rate."
	}
	id := strings.ToUpper(strings.ReplaceAll(newID(), "-", "")[:16])
	h := w.Header()
	h.Set("X-Amz-Request-Id", id)
	h.Set("X-Amz-Id-2", id)
	h.Set("Content-Type", "application/xml")
	h.Set("Connection", "close")
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return
	}
	// An error means that the caller left.
	fmt.Fprint(w, xml.Header)
	xml.NewEncoder(w).Encode(struct {
		XMLName                          xml.Name `xml:"Error"`
		Code, Message, RequestId, HostId string
	}{Code: code, Message: message, RequestId: id, HostId: id})
}
