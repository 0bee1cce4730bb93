package emulator

import (
	"crypto/rand"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/versity/versitygw/iamapi/policy"
	"github.com/versity/versitygw/iamapi/types"
)

// user is an IAM user.
type user struct {
	name, id string
	created  time.Time
	inline   policies
	keys     map[string]string // secrets by access key
}

func (u *user) arn() string { return "arn:aws:iam::" + accountID + ":user/" + u.name }

// newKey makes an access key and its secret.
func newKey() (key, secret string) { return "AKIA" + rand.Text()[:16], rand.Text() + rand.Text()[:14] }

// userCalls are IAM's about users, by Action.
func (s *Server) userCalls() map[string]iamCall {
	return map[string]iamCall{
		"CreateUser":       s.createUser,
		"GetUser":          s.onUser(func(u *user, _ url.Values) (any, *queryError) { return u.shown(), nil }),
		"DeleteUser":       s.onUser(s.deleteUser),
		"PutUserPolicy":    s.onUser(func(u *user, form url.Values) (any, *queryError) { return nil, u.inline.put(form) }),
		"GetUserPolicy":    s.onUser(getUserPolicy),
		"DeleteUserPolicy": s.onUser(func(u *user, form url.Values) (any, *queryError) { return nil, u.inline.remove(form) }),
		"ListUserPolicies": s.onUser(func(u *user, _ url.Values) (any, *queryError) { return u.inline.list(), nil }),
		"CreateAccessKey":  s.onUser(createAccessKey),
		"DeleteAccessKey":  s.onUser(deleteAccessKey),
		"ListAccessKeys":   s.onUser(listAccessKeys),
	}
}

// onUser finds the user that a call names.
func (s *Server) onUser(do func(*user, url.Values) (any, *queryError)) iamCall {
	return func(form url.Values) (any, *queryError) {
		name := form.Get("UserName")
		u := s.users[name]
		if u == nil {
			return nil, noSuchEntity("The user with name " + name + " cannot be found.")
		}
		return do(u, form)
	}
}

type shownUser struct {
	User struct{ Path, UserName, UserId, Arn, CreateDate string }
}

func (u *user) shown() shownUser {
	var v shownUser
	v.User.Path, v.User.UserName, v.User.UserId, v.User.Arn = "/", u.name, u.id, u.arn()
	v.User.CreateDate = u.created.UTC().Format(time.RFC3339)
	return v
}

func (s *Server) createUser(form url.Values) (any, *queryError) {
	name := form.Get("UserName")
	if !roleNames.MatchString(name) {
		return nil, &queryError{http.StatusBadRequest, "ValidationError", "The specified value for userName is invalid."}
	}
	if s.users[name] != nil {
		return nil, &queryError{http.StatusConflict, "EntityAlreadyExists", "User with name " + name + " already exists."}
	}
	u := &user{name: name, id: newEntity("AIDA"), created: time.Now(), inline: policies{}, keys: map[string]string{}}
	s.users[name] = u
	return u.shown(), nil
}

// newEntity makes an identifier of IAM's.
func newEntity(prefix string) string {
	return prefix + strings.ToUpper(strings.ReplaceAll(newID(), "-", ""))[:17]
}

func (s *Server) deleteUser(u *user, _ url.Values) (any, *queryError) {
	if len(u.inline)+len(u.keys) > 0 {
		return nil, &queryError{http.StatusConflict, "DeleteConflict", "Cannot delete entity, must remove its policies and access keys first."}
	}
	delete(s.users, u.name)
	return nil, nil
}

func getUserPolicy(u *user, form url.Values) (any, *queryError) {
	name, text, bad := u.inline.find(form)
	if bad != nil {
		return nil, bad
	}
	return struct{ UserName, PolicyName, PolicyDocument string }{u.name, name, escape(text, false)}, nil
}

type shownKey struct{ UserName, AccessKeyId, Status, SecretAccessKey string }

func createAccessKey(u *user, _ url.Values) (any, *queryError) {
	key, secret := newKey()
	u.keys[key] = secret
	return struct{ AccessKey shownKey }{shownKey{u.name, key, "Active", secret}}, nil
}

func deleteAccessKey(u *user, form url.Values) (any, *queryError) {
	key := form.Get("AccessKeyId")
	if _, ok := u.keys[key]; !ok {
		return nil, noSuchEntity("The Access Key with id " + key + " cannot be found.")
	}
	delete(u.keys, key)
	return nil, nil
}

func listAccessKeys(u *user, _ url.Values) (any, *queryError) {
	type metadata struct{ UserName, AccessKeyId, Status string }
	var list struct {
		IsTruncated bool
		Keys        []metadata `xml:"AccessKeyMetadata>member"`
	}
	for _, key := range slices.Sorted(maps.Keys(u.keys)) {
		list.Keys = append(list.Keys, metadata{u.name, key, "Active"})
	}
	return list, nil
}

// policies are inline ones: documents by name.
type policies map[string]string

func (p policies) put(form url.Values) *queryError {
	text := form.Get("PolicyDocument")
	if err := policy.Parse(text); err != nil {
		return &queryError{http.StatusBadRequest, "MalformedPolicyDocument", err.Error()}
	}
	p[form.Get("PolicyName")] = text
	return nil
}

// find gives the policy that a call names.
func (p policies) find(form url.Values) (name, text string, bad *queryError) {
	name = form.Get("PolicyName")
	text, ok := p[name]
	if !ok {
		return "", "", noSuchEntity("The policy with name " + name + " cannot be found.")
	}
	return name, text, nil
}

func (p policies) remove(form url.Values) *queryError {
	name, _, bad := p.find(form)
	delete(p, name)
	return bad
}

func (p policies) list() any {
	return struct {
		IsTruncated bool
		Names       []string `xml:"PolicyNames>member"`
	}{Names: slices.Sorted(maps.Keys(p))}
}

// entries are the policies as they are judged.
func (p policies) entries() []types.PolicyEntry {
	var list []types.PolicyEntry
	for _, name := range slices.Sorted(maps.Keys(p)) {
		list = append(list, types.PolicyEntry{PolicyName: name, PolicyDocument: p[name]})
	}
	return list
}
