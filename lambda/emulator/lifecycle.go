package emulator

import (
	"encoding/xml"
	"errors"
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v3"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/iamapi/policy"
)

// lifecycles keeps the rules of buckets, which the server has no calls for. They are an attribute of a bucket's folder, and go with it.
// Nothing expires by them.
type lifecycles struct {
	meta     meta.XattrMeta
	accounts *accounts
}

// lifecycleAttribute is the attribute's name.
const lifecycleAttribute = "sshell-lifecycle"

// serve answers calls about a lifecycle. The server looks at each before: it answers that there is no such call to those whose signature is
// good, and whose bucket is there.
func (l *lifecycles) serve(c fiber.Ctx) error {
	if !c.Request().URI().QueryArgs().Has("lifecycle") {
		return c.Next()
	}
	body := append([]byte(nil), c.Body()...)
	if err := c.Next(); err != nil || c.Response().StatusCode() != http.StatusNotImplemented {
		return err
	}
	bucket := strings.Trim(c.Path(), "/")
	action := "s3:PutLifecycleConfiguration" // the right to remove, too
	if c.Method() == http.MethodGet {
		action = "s3:GetLifecycleConfiguration"
	}
	if !l.may(c.Get("Authorization"), action, bucket) {
		return answerS3(c, http.StatusForbidden, "AccessDenied", "Access Denied")
	}
	c.Response().ResetBody()
	switch c.Method() {
	case http.MethodPut:
		if err := checkLifecycle(body); err != nil {
			return answerS3(c, http.StatusBadRequest, "MalformedXML", err.Error())
		}
		c.Status(http.StatusOK)
		return l.meta.StoreAttribute(nil, bucket, "", lifecycleAttribute, body)
	case http.MethodDelete:
		c.Status(http.StatusNoContent)
		if err := l.meta.DeleteAttribute(bucket, "", lifecycleAttribute); !errors.Is(err, meta.ErrNoSuchKey) {
			return err
		}
		return nil
	}
	rules, err := l.meta.RetrieveAttribute(nil, bucket, "", lifecycleAttribute)
	if errors.Is(err, meta.ErrNoSuchKey) {
		return answerS3(c, http.StatusNotFound, "NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist")
	}
	if err != nil {
		return err
	}
	c.Set("Content-Type", "application/xml")
	return c.Status(http.StatusOK).Send(rules)
}

// may says whether who signed a request, whose signature is good, may do something to a bucket.
func (l *lifecycles) may(authorization, action, bucket string) bool {
	auth, refused := parseAuthorization(authorization)
	if refused != nil {
		return false // signed otherwise, by its query
	}
	if _, err := l.accounts.IAMService.GetUserAccount(auth.key); err == nil {
		return true // the account's own
	}
	who, err := l.accounts.find(auth.key)
	return err == nil && who != nil && who.judge(action, "arn:aws:s3:::"+bucket, nil) == policy.DecisionAllow
}

// checkLifecycle finds what S3 would refuse in a bucket's rules (S3 API Reference, "PutBucketLifecycleConfiguration").
func checkLifecycle(body []byte) error {
	var c struct {
		XMLName xml.Name `xml:"LifecycleConfiguration"`
		Rules   []struct {
			Status     string
			Expiration *struct {
				Days *int
				Date string
			}
		} `xml:"Rule"`
	}
	if err := xml.Unmarshal(body, &c); err != nil {
		return err
	}
	if len(c.Rules) == 0 {
		return errors.New("there is no rule")
	}
	for _, r := range c.Rules {
		if r.Status != "Enabled" && r.Status != "Disabled" {
			return errors.New("a rule is Enabled or Disabled")
		}
		if e := r.Expiration; e != nil && e.Days != nil && *e.Days < 1 {
			return errors.New("days for expiration must be a positive integer")
		}
	}
	return nil
}

// answerS3 answers with an error of S3's.
func answerS3(c fiber.Ctx, status int, code, message string) error {
	text, err := xml.Marshal(struct {
		XMLName       xml.Name `xml:"Error"`
		Code, Message string
	}{Code: code, Message: message})
	if err != nil {
		return err
	}
	c.Set("Content-Type", "application/xml")
	return c.Status(status).Send(append([]byte(xml.Header), text...))
}
