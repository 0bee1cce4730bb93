package emulator

import (
	"crypto/hmac"
	"encoding/xml"
	"io"
	"net/http"
	"strings"
	"time"
)

// httpDate is the Date of an answer by a clock that is ahead.
func httpDate(ahead time.Duration) string {
	return time.Now().Add(ahead).UTC().Format(http.TimeFormat)
}

// otherClock serves S3 by a clock of its own: signatures are checked by it, and made anew for the server behind, which has the
// machine's. A body that is itself signed in parts cannot be: the server behind refuses it.
type otherClock struct {
	http.Handler
	ahead    time.Duration
	accounts *accounts
}

func (c *otherClock) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w = &dated{ResponseWriter: w, ahead: c.ahead}
	stamp := r.Header.Get("X-Amz-Date")
	when, err := time.Parse(amzTime, stamp)
	auth, refused := parseAuthorization(r.Header.Get("Authorization"))
	if err != nil || refused != nil { // what is wrong the server says
		c.Handler.ServeHTTP(w, r)
		return
	}
	if now := time.Now().Add(c.ahead); now.Sub(when).Abs() > maxS3Skew {
		refuseSkewed(w, stamp, now)
		return
	}
	path, _, _ := strings.Cut(r.RequestURI, "?")
	digest := r.Header.Get("X-Amz-Content-Sha256")
	account, err := c.accounts.GetUserAccount(auth.key)
	genuine := err == nil && hmac.Equal(auth.sign(account.Secret, stamp, canonicalRequest(r, path, auth.headers, digest)), auth.signature)
	stamp = when.Add(-c.ahead).Format(amzTime)
	r.Header.Set("X-Amz-Date", stamp)
	auth.date, _, _ = strings.Cut(stamp, "T")
	if genuine {
		auth.signature = auth.sign(account.Secret, stamp, canonicalRequest(r, path, auth.headers, digest))
	}
	r.Header.Set("Authorization", auth.String())
	c.Handler.ServeHTTP(w, r)
}

// refuseSkewed answers a request that was signed at a time too far from now.
func refuseSkewed(w http.ResponseWriter, stamp string, now time.Time) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(http.StatusForbidden)
	io.WriteString(w, xml.Header)
	xml.NewEncoder(w).Encode(struct { // an error means that the caller left
		XMLName                                xml.Name `xml:"Error"`
		Code, Message, RequestTime, ServerTime string
		MaxAllowedSkewMilliseconds             int64
	}{Code: "RequestTimeTooSkewed", Message: "The difference between the request time and the current time is too large.",
		RequestTime: stamp, ServerTime: now.UTC().Format(time.RFC3339), MaxAllowedSkewMilliseconds: maxS3Skew.Milliseconds()})
}

// dated has the Date of another clock in its answers.
type dated struct {
	http.ResponseWriter
	ahead time.Duration
}

func (d *dated) WriteHeader(status int) {
	d.Header().Set("Date", httpDate(d.ahead))
	d.ResponseWriter.WriteHeader(status)
}

// Unwrap lets an http.ResponseController reach what is behind.
func (d *dated) Unwrap() http.ResponseWriter { return d.ResponseWriter }
