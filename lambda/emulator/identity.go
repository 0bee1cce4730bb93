package emulator

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/versity/versitygw/iamapi/policy"
	"github.com/versity/versitygw/iamapi/types"
)

// identity is who an access key belongs to, a user or a role, and what it may. The account's own key has none, and may do all.
type identity struct {
	Secret   string
	ARN      string // as policies name who calls
	Role     string // its ARN, for a role
	ID       string
	All      bool // a managed policy allows everything
	Policies []types.PolicyEntry
}

// administrator is the managed policy that allows everything. What others hold is not known here.
const administrator = "arn:aws:iam::aws:policy/AdministratorAccess"

// judge says what the identity's policies say of an action.
func (i *identity) judge(action, resource string, condition map[string][]string) policy.Decision {
	if i.All {
		return policy.DecisionAllow
	}
	return policy.EvaluateIdentityPolicies(i.Policies, policy.RequestContext{Action: action, Resource: resource, Condition: condition})
}

// refusal is the service's text where an identity may not do something, or empty.
func (i *identity) refusal(action, resource string, condition map[string][]string) string {
	if i == nil {
		return ""
	}
	because := "no identity-based policy allows the " + action + " action"
	switch i.judge(action, resource, condition) {
	case policy.DecisionAllow:
		return ""
	case policy.DecisionDeny:
		because = "with an explicit deny in an identity-based policy"
	}
	return fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s because %s", i.ARN, action, resource, because)
}

type callerKey struct{}

// withCaller carries who signed a request.
func withCaller(ctx context.Context, who *identity) context.Context {
	return context.WithValue(ctx, callerKey{}, who)
}

func callerOf(r *http.Request) *identity {
	who, _ := r.Context().Value(callerKey{}).(*identity)
	return who
}

// authorize says whether the caller of a request may do something to what it names.
func (s *Server) authorize(r *http.Request, action string) *apiError {
	who := callerOf(r)
	if who == nil {
		return nil
	}
	resource := "*"
	name := r.PathValue("name")
	if action == "lambda:CreateFunction" {
		var req struct{ FunctionName string }
		if err := decode(r, &req); err != nil {
			return err
		}
		name = req.FunctionName
	}
	if m := names.FindStringSubmatch(name); m != nil {
		resource = s.functionARN(m[1])
		if q := m[2] + r.URL.Query().Get("Qualifier"); q != "" {
			resource += ":" + q
		}
	}
	return denied(who.refusal(action, resource, nil))
}

// authorizePass says whether the caller may give a function its role.
func authorizePass(r *http.Request, role *string) *apiError {
	if role == nil {
		return nil
	}
	return denied(callerOf(r).refusal("iam:PassRole", *role, map[string][]string{"iam:PassedToService": {"lambda.amazonaws.com"}}))
}

func denied(text string) *apiError {
	if text == "" {
		return nil
	}
	return errForbidden("AccessDeniedException", "%s", text)
}

// identities are those of all access keys but the account's own. mu is held.
func (s *Server) identities() map[string]*identity {
	all := map[string]*identity{}
	for _, u := range s.users {
		for key, secret := range u.keys {
			all[key] = &identity{Secret: secret, ARN: u.arn(), ID: u.id, Policies: u.inline.entries()}
		}
	}
	for _, r := range s.roles {
		all[r.key] = &identity{Secret: r.secret, ARN: "arn:aws:sts::" + accountID + ":assumed-role/" + r.name + "/" + r.name, Role: r.arn(),
			ID: r.id + ":" + r.name, All: slices.Contains(r.managed, administrator), Policies: r.inline.entries()}
	}
	return all
}

// publish puts the identities in force, here and for the S3 server. mu is held.
func (s *Server) publish() error {
	s.known = s.identities()
	if s.Identities == "" {
		return nil
	}
	text, err := json.Marshal(s.known)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(s.Identities), "identities-")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), s.Identities)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// identify finds who has an access key; nil is the account itself.
func (s *Server) identify(key string) (who *identity, secret string, ok bool) {
	if key == s.AccessKey {
		return nil, s.SecretKey, true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if who, ok = s.known[key]; !ok {
		return nil, "", false
	}
	return who, who.Secret, true
}

// credentials are what a function with that role signs with: the role's, or where there is no such role here, the account's.
func (s *Server) credentials(roleARN string) (key, secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.roles[roleARN[strings.LastIndexByte(roleARN, '/')+1:]]; r != nil {
		return r.key, r.secret
	}
	return s.AccessKey, s.SecretKey
}
