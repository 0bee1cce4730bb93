package emulator

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// apiError is an error as the service shows it.
type apiError struct {
	status  int
	code    string
	message string
	reason  string // of a throttled call
}

func (e *apiError) Error() string { return e.code + ": " + e.message }

func errNotFound(what string) *apiError {
	return &apiError{status: http.StatusNotFound, code: "ResourceNotFoundException", message: "Function not found: " + what}
}

func errConflict(format string, args ...any) *apiError {
	return &apiError{status: http.StatusConflict, code: "ResourceConflictException", message: fmt.Sprintf(format, args...)}
}

func errParameter(format string, args ...any) *apiError {
	return &apiError{status: http.StatusBadRequest, code: "InvalidParameterValueException", message: fmt.Sprintf(format, args...)}
}

func errContent(err error) *apiError {
	return &apiError{status: http.StatusBadRequest, code: "InvalidRequestContentException", message: "Could not parse request body into json: " + err.Error()}
}

func errTooLarge(limit int, operation string) *apiError {
	return &apiError{status: http.StatusRequestEntityTooLarge, code: "RequestTooLargeException",
		message: fmt.Sprintf("Request must be smaller than %d bytes for the %s operation", limit, operation)}
}

func errThrottled(reason string) *apiError {
	return &apiError{status: http.StatusTooManyRequests, code: "TooManyRequestsException", message: "Rate Exceeded.", reason: reason}
}

func errService(err error) *apiError {
	return &apiError{status: http.StatusInternalServerError, code: "ServiceException", message: err.Error()}
}

// throttledFor is what a throttled caller is told to wait, in seconds (API reference, Invoke, TooManyRequestsException).
const throttledFor = "1"

// writeError answers a call of Lambda with an error. Some of the service's errors have their text under Message, others
// under message.
func writeError(w http.ResponseWriter, e *apiError) {
	key := "message"
	if e.code == "ResourceNotFoundException" || e.code == "ServiceException" {
		key = "Message"
	}
	body := map[string]string{key: e.message, "Type": "User"}
	if e.status >= http.StatusInternalServerError {
		body["Type"] = "Service"
	}
	if e.reason != "" {
		body["Reason"] = e.reason
		w.Header().Set("Retry-After", throttledFor)
	}
	w.Header().Set("X-Amzn-ErrorType", e.code)
	writeJSON(w, e.status, body)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	text, err := json.Marshal(v)
	if err != nil { // the values are our own structs
		panic(err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(text) // an error means that the caller left
}
