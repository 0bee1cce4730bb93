package emulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"

	"github.com/versity/versitygw/auth"
)

// accounts are the S3 server's: the account itself, and the identities of a file, which is read again when it was replaced.
type accounts struct {
	auth.IAMService // knows the account itself
	path            string

	mu   sync.Mutex
	file *os.File // that was read; while it is open no other has its number
	list map[string]*identity
}

// find gives the identity of an access key, or nil.
func (a *accounts) find(key string) (*identity, error) {
	if a.path == "" {
		return nil, nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	now, err := os.Stat(a.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // nobody was made yet
	}
	if err != nil {
		return nil, err
	}
	if a.file != nil {
		if read, err := a.file.Stat(); err == nil && os.SameFile(read, now) {
			return a.list[key], nil
		}
		a.file.Close()
	}
	if a.file, err = os.Open(a.path); err != nil {
		return nil, err
	}
	var list map[string]*identity
	if err := json.NewDecoder(a.file).Decode(&list); err != nil {
		return nil, fmt.Errorf("read %s: %w", a.path, err)
	}
	a.list = list
	return list[key], nil
}

// GetUserAccount implements auth.IAMService. The error for an unknown key is the one that makes the server answer
// InvalidAccessKeyId, as S3 does.
func (a *accounts) GetUserAccount(key string) (auth.Account, error) {
	if account, err := a.IAMService.GetUserAccount(key); err == nil {
		return account, nil
	}
	who, err := a.find(key)
	switch {
	case err != nil:
		return auth.Account{}, err
	case who == nil:
		return auth.Account{}, auth.ErrNoSuchUser
	}
	return auth.Account{Access: key, Secret: who.Secret, Role: auth.RoleUser, Arn: who.ARN, RoleArn: who.Role}, nil
}

// EvaluatePolicy implements auth.PolicyEvaluator.
func (a *accounts) EvaluatePolicy(key, _ string, actions []auth.Action, resources []string, condition map[string][]string) (auth.PolicyEvaluation, error) {
	var e auth.PolicyEvaluation
	who, err := a.find(key)
	if err != nil || who == nil {
		return e, errors.Join(err, auth.ErrNoSuchUser)
	}
	e.PrincipalArn = who.ARN
	decide(&e.Decisions, who, actions, resources, condition)
	return e, nil
}

// decide fills in a row for each resource. Decisions have a type without a name outside its package, and the values of policy.Decision.
func decide[D ~int](rows *[][]D, who *identity, actions []auth.Action, resources []string, condition map[string][]string) {
	for _, resource := range resources {
		row := make([]D, len(actions))
		for i, action := range actions {
			row[i] = D(who.judge(string(action), resource, condition))
		}
		*rows = append(*rows, row)
	}
}
