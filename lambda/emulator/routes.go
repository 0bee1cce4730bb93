package emulator

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// handler serves all calls: it waits the latency, checks the signature, and hands over by service.
func (s *Server) handler() http.Handler {
	lambda := s.lambdaCalls()
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+codePath+"{digest}", s.getCode)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if !s.pause(s.Latency) {
			return
		}
		w.Header().Set("Date", httpDate(s.Ahead))
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			writeError(w, errTooLarge(maxRequest, "requested"))
			return
		}
		if err != nil {
			return // the caller left
		}
		who, service, refused := s.verify(r, body, time.Now().Add(s.Ahead))
		w.Header().Set("X-Amzn-RequestId", newID())
		switch {
		case service == "iam" || service == "sts":
			s.query(w, who, service, body, refused)
		case refused != nil:
			writeError(w, refused)
		case service == "lambda":
			lambda.ServeHTTP(w, r.WithContext(withCaller(withBody(r.Context(), body), who)))
		default:
			writeError(w, errForbidden("InvalidSignatureException", "Credential should be scoped to correct service: 'lambda', 'iam' or 'sts'."))
		}
	})
	return mux
}

// withFaults adds the faults that the configuration asks for.
func (s *Server) withFaults(h http.Handler) http.Handler {
	if s.Faults == nil {
		return h
	}
	return &faulty{Handler: h, dice: newDice(*s.Faults), operation: lambdaOperation, refuse: refuseLambda}
}

// lambdaCalls routes Lambda's calls, by the paths of its API reference.
func (s *Server) lambdaCalls() http.Handler {
	const functions = "/2015-03-31/functions"
	mux := http.NewServeMux()
	for pattern, o := range map[string]operation{
		"POST " + functions:                               {"CreateFunction", s.createFunction},
		"GET " + functions + "/{$}":                       {"ListFunctions", s.listFunctions},
		"GET " + functions:                                {"ListFunctions", s.listFunctions},
		"GET " + functions + "/{name}":                    {"GetFunction", s.getFunction},
		"GET " + functions + "/{name}/configuration":      {"GetFunctionConfiguration", s.getConfiguration},
		"PUT " + functions + "/{name}/configuration":      {"UpdateFunctionConfiguration", s.updateConfiguration},
		"PUT " + functions + "/{name}/code":               {"UpdateFunctionCode", s.updateCode},
		"DELETE " + functions + "/{name}":                 {"DeleteFunction", s.deleteFunction},
		"PUT /2017-10-31/functions/{name}/concurrency":    {"PutFunctionConcurrency", s.putConcurrency},
		"DELETE /2017-10-31/functions/{name}/concurrency": {"DeleteFunctionConcurrency", s.deleteConcurrency},
		"GET /2019-09-30/functions/{name}/concurrency":    {"GetFunctionConcurrency", s.getConcurrency},
		"GET /2016-08-19/account-settings":                {"GetAccountSettings", s.accountSettings},
	} {
		mux.HandleFunc(pattern, s.allowed(o.action, o.call.serve))
	}
	const invoke = "InvokeFunction" // the right to either call
	mux.HandleFunc("POST "+functions+"/{name}/invocations", s.allowed(invoke, s.invoke))
	mux.HandleFunc("POST /2021-11-15/functions/{name}/response-streaming-invocations", s.allowed(invoke, s.invokeStreaming))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		writeError(w, &apiError{status: http.StatusNotFound, code: "UnknownOperationException", message: "no call " + r.Method + " " + r.URL.Path + " here"})
	})
	return mux
}

// operation is a call with the right that it takes.
type operation struct {
	action string
	call   call
}

// allowed serves those who have a right of Lambda's.
func (s *Server) allowed(action string, serve http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if refused := s.authorize(r, "lambda:"+action); refused != nil {
			writeError(w, refused)
			return
		}
		serve(w, r)
	}
}

// call answers one request with a value to be written as JSON, or nil for none.
type call func(r *http.Request) (status int, answer any, err *apiError)

func (c call) serve(w http.ResponseWriter, r *http.Request) {
	status, answer, err := c(r)
	switch {
	case err != nil:
		writeError(w, err)
	case answer == nil:
		w.WriteHeader(status)
	default:
		writeJSON(w, status, answer)
	}
}
