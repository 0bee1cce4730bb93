package objstore

import (
	"errors"
	"fmt"
	"strings"
)

// Scheme is how the name of an object begins where names of files are expected.
const Scheme = "s3://"

// ErrBucket says that a name cannot be a bucket's.
var ErrBucket = errors.New("invalid bucket name")

// URL is s3://BUCKET/KEY taken apart. Key is empty for a whole bucket, and may be a pattern or a prefix.
type URL struct {
	Bucket, Key string
}

// String puts the URL together again.
func (u URL) String() string { return Scheme + u.Bucket + "/" + u.Key }

// IsURL reports whether name is meant as an object's, by how it begins.
func IsURL(name string) bool { return strings.HasPrefix(name, Scheme) }

// ParseURL takes s3://BUCKET, s3://BUCKET/ or s3://BUCKET/KEY apart. The key is taken as it stands, byte for byte:
// no part of it is percent-decoded. The error wraps ErrBucket or ErrKey and does not repeat the whole name.
func ParseURL(name string) (URL, error) {
	rest, ok := strings.CutPrefix(name, Scheme)
	if !ok {
		return URL{}, fmt.Errorf("not an object's name: it does not begin with %s", Scheme)
	}
	bucket, key, _ := strings.Cut(rest, "/")
	if err := CheckBucket(bucket); err != nil {
		return URL{}, err
	}
	if key != "" {
		if err := CheckKey(key); err != nil {
			return URL{}, err
		}
	}
	return URL{Bucket: bucket, Key: key}, nil
}

// Lengths of a bucket's name in bytes (S3 User Guide, "General purpose bucket naming rules").
const (
	minBucket = 3
	maxBucket = 63
)

// CheckBucket returns an error that wraps ErrBucket unless name can be a bucket's: 3 to 63 lower-case letters, digits,
// dots and hyphens, beginning and ending with a letter or digit, without two dots in a row, and no IPv4 address. The
// prefixes and suffixes that S3 reserves are let through, since buckets and access points that have them exist.
func CheckBucket(name string) error {
	if len(name) < minBucket || len(name) > maxBucket {
		return fmt.Errorf("%w: %q: it must have %d to %d characters", ErrBucket, name, minBucket, maxBucket)
	}
	for _, c := range []byte(name) {
		if !alphanumeric(c) && c != '.' && c != '-' {
			return fmt.Errorf("%w: %q: only lower-case letters, digits, dots and hyphens are allowed", ErrBucket, name)
		}
	}
	if !alphanumeric(name[0]) || !alphanumeric(name[len(name)-1]) {
		return fmt.Errorf("%w: %q: it must begin and end with a letter or digit", ErrBucket, name)
	}
	if strings.Contains(name, "..") {
		return fmt.Errorf("%w: %q: it has two dots in a row", ErrBucket, name)
	}
	if likeIPv4(name) {
		return fmt.Errorf("%w: %q: it looks like an IP address", ErrBucket, name)
	}
	return nil
}

func alphanumeric(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' }

func likeIPv4(name string) bool {
	return strings.Count(name, ".") == 3 && strings.Trim(name, "0123456789.") == ""
}
