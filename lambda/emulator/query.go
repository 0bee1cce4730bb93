package emulator

import (
	"encoding/xml"
	"net/http"
	"net/url"
)

// queryError is an error of IAM or STS.
type queryError struct {
	status        int
	code, message string
}

// query serves the calls of IAM and STS, whose parameters are a form and whose answers are XML. refused is what is wrong with the
// request's signature, in Lambda's words.
func (s *Server) query(w http.ResponseWriter, who *identity, service string, body []byte, refused *apiError) {
	namespace := "https://iam.amazonaws.com/doc/2010-05-08/"
	if service == "sts" {
		namespace = "https://sts.amazonaws.com/doc/2011-06-15/"
	}
	if refused != nil {
		code := "SignatureDoesNotMatch"
		if refused.code == "UnrecognizedClientException" {
			code = "InvalidClientTokenId"
		}
		writeQueryError(w, namespace, &queryError{refused.status, code, refused.message})
		return
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		writeQueryError(w, namespace, &queryError{http.StatusBadRequest, "MalformedQueryString", err.Error()})
		return
	}
	action := form.Get("Action")
	do := s.iamCalls()[action]
	switch {
	case service == "sts":
		do = map[string]iamCall{"GetCallerIdentity": who.callerIdentity}[action]
	case do == nil:
		do = s.userCalls()[action]
	}
	if do == nil {
		writeQueryError(w, namespace, &queryError{http.StatusBadRequest, "InvalidAction", "Could not find operation " + action + " here"})
		return
	}
	result, refusal := s.queried(who, service, action, form, do)
	if refusal != nil {
		writeQueryError(w, namespace, refusal)
		return
	}
	writeResult(w, namespace, action, result)
}

// queried does a call, if its caller may, and puts in force what it changed.
func (s *Server) queried(who *identity, service, action string, form url.Values, do iamCall) (any, *queryError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if service == "iam" { // who somebody is may be asked by all
		if text := who.refusal("iam:"+action, s.entity(form), nil); text != "" {
			return nil, &queryError{http.StatusForbidden, "AccessDenied", text}
		}
	}
	result, refusal := do(form)
	if refusal == nil && service == "iam" {
		if err := s.publish(); err != nil {
			return nil, &queryError{http.StatusInternalServerError, "ServiceFailure", err.Error()}
		}
	}
	return result, refusal
}

// entity is the ARN of what a call of IAM is about. mu is held.
func (s *Server) entity(form url.Values) string {
	if name := form.Get("UserName"); name != "" {
		return (&user{name: name}).arn()
	}
	name := form.Get("RoleName")
	if r := s.roles[name]; r != nil {
		return r.arn()
	}
	path := form.Get("Path")
	if path == "" {
		path = "/"
	}
	return (&role{name: name, path: path}).arn()
}

// writeResult writes <ActionResponse><ActionResult>…, the shape of every answer.
func writeResult(w http.ResponseWriter, namespace, action string, result any) {
	type metadata struct{ RequestId string }
	start := xml.StartElement{Name: xml.Name{Local: action + "Response"}, Attr: []xml.Attr{{Name: xml.Name{Local: "xmlns"}, Value: namespace}}}
	w.Header().Set("Content-Type", "text/xml")
	enc := xml.NewEncoder(w)
	// An error means that the caller left: the values are our own.
	enc.EncodeToken(start)
	if result != nil {
		enc.EncodeElement(result, xml.StartElement{Name: xml.Name{Local: action + "Result"}})
	}
	enc.EncodeElement(metadata{newID()}, xml.StartElement{Name: xml.Name{Local: "ResponseMetadata"}})
	enc.EncodeToken(start.End())
	enc.Close()
}

func writeQueryError(w http.ResponseWriter, namespace string, e *queryError) {
	type detail struct{ Type, Code, Message string }
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(e.status)
	xml.NewEncoder(w).Encode(struct { // an error means that the caller left
		XMLName   xml.Name `xml:"ErrorResponse"`
		Namespace string   `xml:"xmlns,attr"`
		Error     detail
		RequestId string
	}{Namespace: namespace, Error: detail{"Sender", e.code, e.message}, RequestId: newID()})
}

func (i *identity) callerIdentity(url.Values) (any, *queryError) {
	arn, id := "arn:aws:iam::"+accountID+":root", accountID
	if i != nil {
		arn, id = i.ARN, i.ID
	}
	return struct{ Arn, UserId, Account string }{arn, id, accountID}, nil
}
