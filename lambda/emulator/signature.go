package emulator

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// signed is what a request's Authorization header says (IAM User Guide, "AWS Signature Version 4 for API requests").
type signed struct {
	key, date, region, service string
	headers                    []string
	signature                  []byte
}

// amzTime is the layout of X-Amz-Date.
const amzTime = "20060102T150405Z"

// verify checks a request's signature and gives who made it and the service that it is for.
func (s *Server) verify(r *http.Request, body []byte, now time.Time) (*identity, string, *apiError) {
	auth, err := parseAuthorization(r.Header.Get("Authorization"))
	if err != nil {
		return nil, "", err
	}
	who, secret, ok := s.identify(auth.key)
	if !ok {
		return nil, auth.service, errForbidden("UnrecognizedClientException", "The security token included in the request is invalid.")
	}
	stamp := r.Header.Get("X-Amz-Date")
	when, terr := time.Parse(amzTime, stamp)
	if terr != nil || !strings.HasPrefix(stamp, auth.date) {
		return nil, auth.service, errForbidden("IncompleteSignatureException", "Date in Credential scope does not match X-Amz-Date: %q", stamp)
	}
	if skew := now.Sub(when); skew > maxClockSkew {
		return nil, auth.service, errForbidden("InvalidSignatureException", "Signature expired: %s is now earlier than %s (%s - 5 min.)",
			stamp, now.Add(-maxClockSkew).UTC().Format(amzTime), now.UTC().Format(amzTime))
	} else if skew < -maxClockSkew {
		return nil, auth.service, errForbidden("InvalidSignatureException", "Signature not yet current: %s is still later than %s (%s + 5 min.)",
			stamp, now.Add(maxClockSkew).UTC().Format(amzTime), now.UTC().Format(amzTime))
	}
	// IAM is global and always signed for us-east-1.
	if auth.region != s.Region && auth.service != "iam" {
		return nil, auth.service, errForbidden("InvalidSignatureException", "Credential should be scoped to a valid region, not %q: this is %q.", auth.region, s.Region)
	}
	// The body is always hashed, whatever X-Amz-Content-Sha256 says.
	digest := sha256.Sum256(body)
	path, _, _ := strings.Cut(r.RequestURI, "?")
	if !hmac.Equal(auth.sign(secret, stamp, canonicalRequest(r, escape(path, true), auth.headers, hex.EncodeToString(digest[:]))), auth.signature) {
		return nil, auth.service, errForbidden("InvalidSignatureException",
			"The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.")
	}
	return who, auth.service, nil
}

func errForbidden(code, format string, args ...any) *apiError {
	return &apiError{status: http.StatusForbidden, code: code, message: fmt.Sprintf(format, args...)}
}

// parseAuthorization reads "AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…".
func parseAuthorization(header string) (*signed, *apiError) {
	if header == "" {
		return nil, errForbidden("MissingAuthenticationTokenException", "Missing Authentication Token")
	}
	incomplete := errForbidden("IncompleteSignatureException", "Authorization header requires 'Credential', 'Signature' and 'SignedHeaders' of AWS4-HMAC-SHA256.")
	rest, ok := strings.CutPrefix(header, "AWS4-HMAC-SHA256 ")
	if !ok {
		return nil, incomplete
	}
	fields := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		fields[name] = value
	}
	scope := strings.Split(fields["Credential"], "/")
	signature, err := hex.DecodeString(fields["Signature"])
	if err != nil || len(scope) != 5 || scope[4] != "aws4_request" {
		return nil, incomplete
	}
	headers := strings.Split(fields["SignedHeaders"], ";")
	if !slices.Contains(headers, "host") || !slices.Contains(headers, "x-amz-date") {
		return nil, incomplete
	}
	return &signed{scope[0], scope[1], scope[2], scope[3], headers, signature}, nil
}

// scope is what the signature is good for.
func (a *signed) scope() string {
	return strings.Join([]string{a.date, a.region, a.service, "aws4_request"}, "/")
}

// sign gives the signature of a request made at a time, stamp.
func (a *signed) sign(secret, stamp, canonical string) []byte {
	digest := sha256.Sum256([]byte(canonical))
	text := strings.Join([]string{"AWS4-HMAC-SHA256", stamp, a.scope(), hex.EncodeToString(digest[:])}, "\n")
	key := []byte("AWS4" + secret)
	for _, part := range []string{a.date, a.region, a.service, "aws4_request", text} {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(part))
		key = h.Sum(nil)
	}
	return key
}

// String is the Authorization header.
func (a *signed) String() string {
	return fmt.Sprintf("AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%x", a.key, a.scope(), strings.Join(a.headers, ";"), a.signature)
}

// canonicalRequest is the text whose digest is signed, of a request whose path is escaped and whose body has a digest, or what stands for one.
func canonicalRequest(r *http.Request, path string, headers []string, digest string) string {
	_, query, _ := strings.Cut(r.RequestURI, "?")
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n%s\n", r.Method, path, canonicalQuery(query))
	for _, name := range headers {
		fmt.Fprintf(&b, "%s:%s\n", name, canonicalHeader(r, name))
	}
	fmt.Fprintf(&b, "\n%s\n%s", strings.Join(headers, ";"), digest)
	return b.String()
}

// canonicalHeader is a header's value with runs of spaces made one. The server takes two headers out of the map.
func canonicalHeader(r *http.Request, name string) string {
	switch name {
	case "host":
		return r.Host
	case "content-length":
		return fmt.Sprint(r.ContentLength)
	}
	values := slices.Clone(r.Header.Values(name))
	for i, v := range values {
		values[i] = strings.Join(strings.Fields(v), " ")
	}
	return strings.Join(values, ",")
}

// canonicalQuery sorts a query's parameters by their escaped names and values.
func canonicalQuery(query string) string {
	if query == "" {
		return ""
	}
	var pairs []string
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		pairs = append(pairs, reescape(name)+"="+reescape(value))
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "&")
}

// reescape brings an escaped word to the one form that is signed.
func reescape(s string) string {
	plain, err := url.QueryUnescape(s)
	if err != nil {
		plain = s
	}
	return escape(plain, false)
}

// escape is RFC 3986's, as signatures have it: all but unreserved bytes.
func escape(s string, path bool) string {
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-._~", c) >= 0, path && c == '/':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
