package emulator

import "net/http"

// concurrency is a function's reserved concurrency in a call or an answer.
type concurrency struct {
	ReservedConcurrentExecutions *int `json:",omitempty"`
}

func (s *Server) putConcurrency(r *http.Request) (int, any, *apiError) {
	var req concurrency
	if err := decode(r, &req); err != nil {
		return 0, nil, err
	}
	if n := req.ReservedConcurrentExecutions; n == nil || *n < 0 {
		return 0, nil, errParameter("Value at 'reservedConcurrentExecutions' failed to satisfy constraint: Member must be 0 or more")
	}
	return s.with(r, func(f *function) (int, any, *apiError) {
		left := s.unreserved() - *req.ReservedConcurrentExecutions
		if f.reserved != nil {
			left += *f.reserved
		}
		if floor := min(minUnreserved, s.Concurrency); left < floor && *req.ReservedConcurrentExecutions > 0 {
			return 0, nil, errParameter("Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [%d].", floor)
		}
		f.reserved = req.ReservedConcurrentExecutions
		return http.StatusOK, req, nil
	})
}

func (s *Server) getConcurrency(r *http.Request) (int, any, *apiError) {
	return s.with(r, func(f *function) (int, any, *apiError) { return http.StatusOK, concurrency{f.reserved}, nil })
}

func (s *Server) deleteConcurrency(r *http.Request) (int, any, *apiError) {
	return s.with(r, func(f *function) (int, any, *apiError) {
		f.reserved = nil
		return http.StatusNoContent, nil, nil
	})
}

func (s *Server) accountSettings(*http.Request) (int, any, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return http.StatusOK, map[string]any{
		"AccountLimit": map[string]int{
			"ConcurrentExecutions": s.Concurrency, "UnreservedConcurrentExecutions": s.unreserved(), "CodeSizeUnzipped": maxUnzipped,
		},
		"AccountUsage": map[string]int{"FunctionCount": len(s.functions)},
	}, nil
}

// unreserved is how much of the account's concurrency no function has for itself.
func (s *Server) unreserved() int {
	n := s.Concurrency
	for _, f := range s.functions {
		if f.reserved != nil {
			n -= *f.reserved
		}
	}
	return n
}

// take gives one more invocation of the function its place, or says that there is none. The server's mu is held.
func (f *function) take() *apiError {
	s := f.server
	if f.reserved != nil {
		if f.running >= *f.reserved {
			return errThrottled("ReservedFunctionConcurrentInvocationLimitExceeded")
		}
	} else {
		busy := 0
		for _, other := range s.functions {
			if other.reserved == nil {
				busy += other.running
			}
		}
		if busy >= s.unreserved() {
			return errThrottled("ConcurrentInvocationLimitExceeded")
		}
	}
	f.running++
	return nil
}
