package s3

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"sshell/pipes/objstore"
)

// Codes of S3's answers that are no faults to be shown, but looked at (S3 API Reference, "Error Responses").
const (
	codeExists   = "PreconditionFailed"         // 412: the condition does not hold
	codeConflict = "ConditionalRequestConflict" // 409: another conditional write at the same time
	codeNoUpload = "NoSuchUpload"               // 404: completed or aborted
	codeNoBucket = "NoSuchBucket"
	codeRange    = "InvalidRange" // 416: it begins at the object's end or beyond
	codeNoKey    = "NoSuchKey"
	codeNotFound = "NotFound" // 404 to a HEAD, which has no body to say more

	// What the SDK makes of 400 and 403 to a HEAD.
	codeBadRequest = "BadRequest"
	codeForbidden  = "Forbidden"
)

// deniedAdvice is what to do about a right that is not there.
const deniedAdvice = "access denied: the credentials lack a right to bucket %s: ask its owner, or see sshellctl policy"

// advice is what to do about the answers that have one cause. %s is the bucket.
var advice = map[string]string{
	codeNoBucket:                   "no such bucket: create %s, or check its name and the account",
	"AccessDenied":                 deniedAdvice,
	"Forbidden":                    deniedAdvice,
	"AllAccessDisabled":            "access denied: bucket %s is closed to all",
	"InvalidAccessKeyId":           "unknown access key: check AWS_ACCESS_KEY_ID or the profile",
	"SignatureDoesNotMatch":        "wrong secret key: check AWS_SECRET_ACCESS_KEY or the profile",
	"ExpiredToken":                 "credentials expired: log in again",
	"InvalidToken":                 "invalid session token: check AWS_SESSION_TOKEN",
	"RequestTimeTooSkewed":         "this machine's clock is off: set it, since requests are signed with the time",
	"PermanentRedirect":            "bucket %s is in another region: set AWS_REGION to it",
	"MovedPermanently":             "bucket %s is in another region: set AWS_REGION to it",
	"AuthorizationHeaderMalformed": "bucket %s is in another region: set AWS_REGION to it",
	"SlowDown":                     "S3 asks to slow down: try again later",
	"ServiceUnavailable":           "S3 is unavailable: try again later",
	"EntityTooLarge":               "the object is larger than S3 takes",
	"KeyTooLongError":              "the key is longer than S3 takes",
	"ObjectParentIsFile":           "the server keeps keys as files: part of the key is an object already",
}

// fault is an SDK's error said in one line.
type fault struct {
	text  string
	cause error
}

func (f *fault) Error() string { return f.text }

// Unwrap gives what the SDK said.
func (f *fault) Unwrap() error { return f.cause }

// code is the code of S3's answer, or empty.
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// explain makes of the SDK's error what callers ask for, or one line that says what to do.
func explain(ctx context.Context, bucket string, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	name := code(err)
	switch name {
	case codeNoKey, codeNotFound:
		return fs.ErrNotExist
	case codeExists:
		return objstore.ErrChanged
	case codeNoUpload:
		return objstore.ErrNoUpload
	case "":
		return explainUnanswered(err)
	}
	text, ok := advice[name]
	switch {
	case ok && strings.Contains(text, "%s"):
		text = fmt.Sprintf(text, bucket)
	case !ok:
		var api smithy.APIError
		errors.As(err, &api)
		text = fmt.Sprintf("S3 answers %s: %s", name, oneLine(api.ErrorMessage()))
	}
	if region := regionOf(err); region != "" && strings.HasSuffix(text, "set AWS_REGION to it") {
		text = strings.Replace(text, "another region: set AWS_REGION to it", "region "+region+": set AWS_REGION="+region, 1)
	}
	return &fault{text, err}
}

// explainUnanswered explains an error that is none of S3's answers.
func explainUnanswered(err error) error {
	var signing *v4.SigningError
	var send *smithyhttp.RequestSendError
	var missing *aws.MissingRegionError
	var network *net.OpError
	text := err.Error()
	switch {
	case errors.As(err, &missing), strings.Contains(text, "Missing Region"), strings.Contains(text, "region must be set"):
		return &fault{"no region: set AWS_REGION", err}
	case errors.As(err, &signing), strings.Contains(text, "get identity"), strings.Contains(text, "refresh cached credentials"):
		return &fault{"no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or run aws configure", err}
	case errors.As(err, &network):
		where := ""
		if network.Addr != nil {
			where = " at " + network.Addr.String()
		}
		return &fault{fmt.Sprintf("cannot reach S3%s: %v: check the network and AWS_ENDPOINT_URL", where, network.Err), err}
	case errors.As(err, &send):
		return &fault{fmt.Sprintf("cannot reach S3: %s: check the network and AWS_ENDPOINT_URL", oneLine(send.Err.Error())), err}
	}
	return err
}

// regionOf is the region that S3's answer names as the bucket's, or empty.
func regionOf(err error) string {
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) && response.Response != nil {
		return response.Response.Header.Get("X-Amz-Bucket-Region")
	}
	return ""
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
