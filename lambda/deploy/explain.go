package deploy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// What to do about answers that the services have in common.
const (
	adviceDenied    = "sshellctl policy prints the rights that are needed"
	adviceKey       = "the access key is not known: look at AWS_ACCESS_KEY_ID or the profile"
	adviceSecret    = "the secret key is not the right one: look at AWS_SECRET_ACCESS_KEY or the profile"
	adviceExpired   = "the credentials have expired: log in again"
	adviceToken     = "the session token is not valid: look at AWS_SESSION_TOKEN, or log in again"
	adviceClock     = "the clock of this machine is off: set it, since requests are signed with the time"
	adviceRegion    = "it is another region's: set AWS_REGION"
	adviceTaken     = "the name is taken by another account: choose another with --bucket"
	adviceBusy      = "the service asks to slow down: try again later"
	adviceAnonymous = "no credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run aws configure"
	adviceNetwork   = "look at the network, AWS_REGION and AWS_ENDPOINT_URL"
)

// advice is by the codes of S3, IAM, STS and Lambda ("Common errors" in each one's API reference).
var advice = map[string]string{
	"InvalidAccessKeyId":             adviceKey,
	"InvalidClientTokenId":           adviceKey,
	"UnrecognizedClientException":    adviceKey,
	"SignatureDoesNotMatch":          adviceSecret,
	"InvalidSignatureException":      adviceSecret,
	"ExpiredToken":                   adviceExpired,
	"ExpiredTokenException":          adviceExpired,
	"InvalidToken":                   adviceToken,
	"RequestTimeTooSkewed":           adviceClock,
	"RequestExpired":                 adviceClock,
	"PermanentRedirect":              adviceRegion,
	"MovedPermanently":               adviceRegion,
	"AuthorizationHeaderMalformed":   adviceRegion,
	"IllegalLocationConstraint":      adviceRegion,
	"InvalidLocationConstraint":      adviceRegion,
	"BucketAlreadyExists":            adviceTaken,
	"Throttling":                     adviceBusy,
	"ThrottlingException":            adviceBusy,
	"TooManyRequestsException":       adviceBusy,
	"SlowDown":                       adviceBusy,
	"BucketNotEmpty":                 "it holds objects, or older versions of them, that somebody stored meanwhile: remove them first",
	"NoSuchBucket":                   "there is no such bucket: sshellctl deploy makes it",
	"ResourceNotFoundException":      "there is no such function: sshellctl deploy makes it",
	"RequestEntityTooLargeException": "the zip is larger than the 50 MB that a call takes: use an image, by --image",
}

// explain makes one line of an SDK's error about a thing.
func explain(what string, err error) error {
	var late *unreadyError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &late):
		return err
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("%s: stopped: %w", what, context.Canceled)
	}
	return fmt.Errorf("%s: %s", what, reason(err))
}

// reason says what is the matter, and what to do.
func reason(err error) string {
	code, message := codeOf(err)
	text, ok := advice[code]
	switch {
	case code == "":
		return unanswered(err)
	case isDenied(err):
		return fmt.Sprintf("%s is denied: %s", operation(err), adviceDenied)
	case strings.Contains(message, "Signature expired"), strings.Contains(message, "Signature not yet current"):
		return adviceClock
	case strings.Contains(message, "scoped to a valid region"):
		return adviceRegion
	case ok:
		return text
	}
	return fmt.Sprintf("%s: %s", operation(err), strings.Join(strings.Fields(code+": "+message), " "))
}

// unanswered is the reason of an error that is no service's answer.
func unanswered(err error) string {
	var signing *v4.SigningError
	var missing *aws.MissingRegionError
	var network *net.OpError
	var name *net.DNSError
	var send *smithyhttp.RequestSendError
	text := err.Error()
	switch {
	case errors.As(err, &missing), strings.Contains(text, "Missing Region"), strings.Contains(text, "region must be set"):
		return ErrNoRegion.Error()
	case errors.As(err, &signing), strings.Contains(text, "get identity"), strings.Contains(text, "refresh cached credentials"),
		strings.Contains(text, "static credentials are empty"):
		return adviceAnonymous
	case errors.As(err, &name):
		return fmt.Sprintf("cannot reach %s: %s: %s", name.Name, name.Err, adviceNetwork)
	case errors.As(err, &network) && network.Addr != nil:
		return fmt.Sprintf("cannot reach %s: %v: %s", network.Addr, network.Err, adviceNetwork)
	case errors.As(err, &send):
		return fmt.Sprintf("cannot reach the service: %v: %s", innermost(send.Err), adviceNetwork)
	}
	return strings.Join(strings.Fields(text), " ")
}

// innermost is a cause without the request around it.
func innermost(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// operation names the call that failed, as rights are named: s3:CreateBucket.
func operation(err error) string {
	var op *smithy.OperationError
	if errors.As(err, &op) {
		return strings.ToLower(op.ServiceID) + ":" + op.OperationName
	}
	return "the call"
}

func codeOf(err error) (code, message string) {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode(), api.ErrorMessage()
	}
	return "", ""
}

// responseOf is the answer that an error stands for, or nil.
func responseOf(err error) *smithyhttp.Response {
	var r *smithyhttp.ResponseError
	if errors.As(err, &r) {
		return r.Response
	}
	return nil
}

func statusOf(err error) int {
	if r := responseOf(err); r != nil {
		return r.StatusCode
	}
	return 0
}

// isCode reports whether a service answered with one of the codes.
func isCode(err error, codes ...string) bool {
	got, _ := codeOf(err)
	for _, c := range codes {
		if got == c {
			return true
		}
	}
	return false
}

func isDenied(err error) bool {
	return isCode(err, "AccessDenied", "AccessDeniedException", "Forbidden", "AllAccessDisabled", "UnauthorizedOperation")
}

// isMissing reports whether the thing that a call names is not there.
func isMissing(err error) bool {
	return isCode(err, "NoSuchBucket", "NotFound", "NoSuchEntity", "ResourceNotFoundException")
}

// isUnknownCall reports whether a server does not have a call. Those that speak S3 lack some of Amazon's.
func isUnknownCall(err error) bool {
	return statusOf(err) == http.StatusNotImplemented || isCode(err, "NotImplemented")
}
