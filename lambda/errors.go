package lambda

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"sshell/interp/plan"
	"sshell/remote"
)

// ErrBusy says that Lambda did not take an invocation, and may take it later: the function has as many as it may, or
// is being made or updated.
var ErrBusy = errors.New("function is busy")

// busy are the codes of answers that mean ErrBusy (API reference, Invoke, "Errors").
var busy = map[string]bool{
	"TooManyRequestsException":      true,
	"ThrottlingException":           true,
	"EC2ThrottledException":         true,
	"ResourceNotReadyException":     true,
	"ResourceConflictException":     true,
	"SnapStartNotReadyException":    true,
	"ENINotReadyException":          true,
	"EFSMountConnectivityException": true,
}

// advice says what to do about the codes of answers that another attempt would get too. The commands are sshellctl's.
var advice = map[string]string{
	"ResourceNotFoundException":      "there is no such function in %[2]s: make it with sshellctl deploy, or name its region with AWS_REGION",
	"AccessDeniedException":          "the account may not invoke it: sshellctl policy prints the rights that are needed",
	"UnrecognizedClientException":    "the credentials are not known there: look at AWS_ACCESS_KEY_ID or the profile",
	"InvalidClientTokenId":           "the credentials are not known there: look at AWS_ACCESS_KEY_ID or the profile",
	"ExpiredTokenException":          "the credentials have expired: log in again",
	"RequestTooLargeException":       "the task is larger than the 6 MB that an invocation takes: ship large values as files, by --with",
	"RequestEntityTooLargeException": "the task is larger than the 6 MB that an invocation takes: ship large values as files, by --with",
	"RequestExpired":                 "the clock of this machine is off: set it",
	"SignatureDoesNotMatch":          "the secret key is not the right one: look at AWS_SECRET_ACCESS_KEY or the profile",
}

// invokeError turns an error of Invoke into one of a remote.Runner, or one that wraps ErrBusy.
func (r *Runner) invokeError(err error) error {
	if errors.Is(err, ErrBusy) {
		return fmt.Errorf("%s: %w", r.what(), err)
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		return r.apiError(api, statusCode(err))
	}
	var dial *net.OpError
	switch {
	case errors.As(err, &dial) && dial.Op == "dial":
		return r.notStarted("cannot connect to Lambda in %s: %w: look at the network, AWS_REGION and AWS_ENDPOINT_URL", r.region(), dial.Err)
	case errors.As(err, new(*aws.MissingRegionError)), strings.Contains(err.Error(), "Invalid Configuration: Missing Region"):
		return r.notStarted("no region is set: set AWS_REGION")
	case isCredentials(err):
		return r.notStarted("no credentials: set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (%w)", innermost(err))
	case errors.As(err, new(*smithy.SerializationError)), errors.As(err, new(*smithy.InvalidParamsError)):
		return r.notStarted("cannot be invoked: %w", innermost(err))
	}
	return r.lost("no answer: %w", innermost(err))
}

// apiError is the error that an answer of Lambda's own stands for, as against the function's.
func (r *Runner) apiError(api smithy.APIError, status int) error {
	code := api.ErrorCode()
	switch text, ok := advice[code]; {
	case busy[code]:
		return fmt.Errorf("%s: %w: %s", r.what(), ErrBusy, api.ErrorMessage())
	case code == "InvalidSignatureException":
		if strings.Contains(api.ErrorMessage(), "Signature expired") || strings.Contains(api.ErrorMessage(), "Signature not yet current") {
			return r.notStarted("%s", advice["RequestExpired"])
		}
		if strings.Contains(api.ErrorMessage(), "scoped to a valid region") {
			return r.notStarted("the endpoint is of another region than %s: set AWS_REGION", r.region())
		}
		return r.notStarted("%s", advice["SignatureDoesNotMatch"])
	case ok && strings.Contains(text, "%[2]s"):
		return r.notStarted(text, "", r.region())
	case ok:
		return r.notStarted("%s", text)
	case status == http.StatusRequestEntityTooLarge:
		return r.notStarted("%s", advice["RequestTooLargeException"])
	case status >= http.StatusInternalServerError || status == 0:
		return r.lost("Lambda answers %s: %s", code, api.ErrorMessage())
	}
	return r.notStarted("Lambda answers %s: %s", code, api.ErrorMessage())
}

func statusCode(err error) int {
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		return response.HTTPStatusCode()
	}
	return 0
}

// isCredentials reports whether a request was not made for want of credentials. The SDK has no type for that.
func isCredentials(err error) bool {
	text := err.Error()
	for _, sign := range []string{"get identity", "get credentials", "refresh cached credentials", "static credentials are empty"} {
		if strings.Contains(text, sign) {
			return true
		}
	}
	return false
}

// innermost is the cause at the bottom of an error, without the names of operations on the way.
func innermost(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}

// what names the function in messages.
func (r *Runner) what() string { return "lambda: " + r.cfg.Function }

func (r *Runner) region() string {
	if r.cfg.Region == "" {
		return "this region"
	}
	return r.cfg.Region
}

func (r *Runner) notStarted(format string, args ...any) error {
	return &remote.NotStartedError{Status: plan.StatusMachinery, Err: fmt.Errorf(r.what()+": "+format, args...)}
}

func (r *Runner) lost(format string, args ...any) error {
	return fmt.Errorf(r.what()+": "+format+": %w", append(args, remote.ErrLost)...)
}

// functionError is what Lambda says of a function that gave no answer.
type functionError struct {
	Type    string `json:"errorType"`
	Message string `json:"errorMessage"`
}

// death is how an environment ended with its task in it.
type death uint8

const (
	unknownDeath  death = iota
	overtimeDeath       // killed at its deadline
	violentDeath        // killed by a signal, of which want of memory is not always told apart
	stillbirth          // its program could not be started
)

// parse reads the payload of an answer with a FunctionError. Lambda has no list of the types; these are what it sends.
func (f *functionError) parse(payload []byte) death {
	if json.Unmarshal(payload, f) != nil {
		f.Message = strings.ToValidUTF8(string(payload[:min(len(payload), 200)]), "?")
	}
	switch {
	case f.Type == "Sandbox.Timedout", strings.Contains(f.Message, "Task timed out after"):
		return overtimeDeath
	case f.Type == "Runtime.InvalidEntrypoint":
		return stillbirth
	case f.Type == "Runtime.OutOfMemory", strings.HasSuffix(f.Message, "signal: killed"):
		return violentDeath
	}
	return unknownDeath
}
