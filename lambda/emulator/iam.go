package emulator

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// roleNames are what a role can be called (API reference, CreateRole).
var roleNames = regexp.MustCompile(`^[\w+=,.@-]{1,64}$`)

// role is an IAM role. Functions that have it sign with its key.
type role struct {
	name, id, path, description string
	trust                       string // the policy that says who may assume it
	created                     time.Time
	inline                      policies
	managed                     []string // ARNs
	tags                        [][2]string
	key, secret                 string
}

func (r *role) arn() string { return "arn:aws:iam::" + accountID + ":role" + r.path + r.name }

// iamCall answers one call with its result, or nil for none. mu is held.
type iamCall func(form url.Values) (result any, refused *queryError)

// iamCalls are IAM's about roles, by Action.
func (s *Server) iamCalls() map[string]iamCall {
	return map[string]iamCall{
		"CreateRole":               s.createRole,
		"GetRole":                  s.onRole(func(r *role, _ url.Values) (any, *queryError) { return roleResult{r.shown()}, nil }),
		"DeleteRole":               s.onRole(s.deleteRole),
		"UpdateAssumeRolePolicy":   s.onRole(updateTrust),
		"TagRole":                  s.onRole(tagRole),
		"PutRolePolicy":            s.onRole(func(r *role, form url.Values) (any, *queryError) { return nil, r.inline.put(form) }),
		"GetRolePolicy":            s.onRole(getPolicy),
		"DeleteRolePolicy":         s.onRole(func(r *role, form url.Values) (any, *queryError) { return nil, r.inline.remove(form) }),
		"ListRolePolicies":         s.onRole(func(r *role, _ url.Values) (any, *queryError) { return r.inline.list(), nil }),
		"AttachRolePolicy":         s.onRole(attachPolicy),
		"DetachRolePolicy":         s.onRole(detachPolicy),
		"ListAttachedRolePolicies": s.onRole(listAttached),
	}
}

// onRole finds the role that a call names.
func (s *Server) onRole(do func(*role, url.Values) (any, *queryError)) iamCall {
	return func(form url.Values) (any, *queryError) {
		name := form.Get("RoleName")
		r := s.roles[name]
		if r == nil {
			return nil, noSuchEntity("The role with name " + name + " cannot be found.")
		}
		return do(r, form)
	}
}

func noSuchEntity(text string) *queryError {
	return &queryError{http.StatusNotFound, "NoSuchEntity", text}
}

// shownRole is a role in an answer. Documents are escaped there.
type shownRole struct {
	Path, RoleName, RoleId, Arn, CreateDate string
	AssumeRolePolicyDocument, Description   string
	MaxSessionDuration                      int
	Tags                                    *shownTags `xml:",omitempty"`
}

type shownTags struct {
	Members []shownTag `xml:"member"`
}

type shownTag struct{ Key, Value string }

type roleResult struct{ Role shownRole }

func (r *role) shown() shownRole {
	v := shownRole{
		Path: r.path, RoleName: r.name, RoleId: r.id, Arn: r.arn(),
		CreateDate: r.created.UTC().Format(time.RFC3339), AssumeRolePolicyDocument: escape(r.trust, false),
		Description: r.description, MaxSessionDuration: 3600, // seconds, IAM's default
	}
	for _, t := range r.tags {
		if v.Tags == nil {
			v.Tags = &shownTags{}
		}
		v.Tags.Members = append(v.Tags.Members, shownTag{t[0], t[1]})
	}
	return v
}

func (s *Server) createRole(form url.Values) (any, *queryError) {
	name := form.Get("RoleName")
	if !roleNames.MatchString(name) {
		return nil, &queryError{http.StatusBadRequest, "ValidationError", "The specified value for roleName is invalid."}
	}
	if s.roles[name] != nil {
		return nil, &queryError{http.StatusConflict, "EntityAlreadyExists", "Role with name " + name + " already exists."}
	}
	trust, bad := document(form, "AssumeRolePolicyDocument")
	if bad != nil {
		return nil, bad
	}
	path := form.Get("Path")
	if path == "" {
		path = "/"
	}
	r := &role{name: name, id: newEntity("AROA"), path: path,
		description: form.Get("Description"), trust: trust, created: time.Now(), inline: policies{}}
	r.key, r.secret = newKey()
	r.tag(form)
	s.roles[name] = r
	return roleResult{r.shown()}, nil
}

// document takes a policy out of a call.
func document(form url.Values, field string) (string, *queryError) {
	text := form.Get(field)
	if !json.Valid([]byte(text)) {
		return "", &queryError{http.StatusBadRequest, "MalformedPolicyDocument", "This policy contains invalid Json"}
	}
	return text, nil
}

func (r *role) tag(form url.Values) {
	for i := 1; ; i++ {
		prefix := "Tags.member." + strconv.Itoa(i) + "."
		if !form.Has(prefix + "Key") {
			return
		}
		key := form.Get(prefix + "Key")
		r.tags = slices.DeleteFunc(r.tags, func(t [2]string) bool { return t[0] == key })
		r.tags = append(r.tags, [2]string{key, form.Get(prefix + "Value")})
	}
}

func tagRole(r *role, form url.Values) (any, *queryError) {
	r.tag(form)
	return nil, nil
}

func (s *Server) deleteRole(r *role, _ url.Values) (any, *queryError) {
	if len(r.inline)+len(r.managed) > 0 {
		return nil, &queryError{http.StatusConflict, "DeleteConflict", "Cannot delete entity, must detach all policies first."}
	}
	delete(s.roles, r.name)
	return nil, nil
}

func updateTrust(r *role, form url.Values) (any, *queryError) {
	text, bad := document(form, "PolicyDocument")
	if bad == nil {
		r.trust = text
	}
	return nil, bad
}

func getPolicy(r *role, form url.Values) (any, *queryError) {
	name, text, bad := r.inline.find(form)
	if bad != nil {
		return nil, bad
	}
	return struct{ RoleName, PolicyName, PolicyDocument string }{r.name, name, escape(text, false)}, nil
}

func attachPolicy(r *role, form url.Values) (any, *queryError) {
	if arn := form.Get("PolicyArn"); !slices.Contains(r.managed, arn) {
		r.managed = append(r.managed, arn)
	}
	return nil, nil
}

func detachPolicy(r *role, form url.Values) (any, *queryError) {
	arn := form.Get("PolicyArn")
	i := slices.Index(r.managed, arn)
	if i < 0 {
		return nil, noSuchEntity("Policy " + arn + " was not found.")
	}
	r.managed = slices.Delete(r.managed, i, i+1)
	return nil, nil
}

func listAttached(r *role, _ url.Values) (any, *queryError) {
	type attached struct{ PolicyName, PolicyArn string }
	var list struct {
		IsTruncated bool
		Policies    []attached `xml:"AttachedPolicies>member"`
	}
	for _, arn := range r.managed {
		list.Policies = append(list.Policies, attached{arn[strings.LastIndexByte(arn, '/')+1:], arn})
	}
	return list, nil
}
