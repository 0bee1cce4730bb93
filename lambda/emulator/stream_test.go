package emulator

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// TestStreaming reads responses as they come, whole and broken.
func TestStreaming(t *testing.T) {
	s := serve(t, nil)
	s.create(t, "f", nil)
	for _, c := range []struct {
		payload string
		body    string
		code    string
	}{
		{`{"Do":"size","Size":7000000}`, strings.Repeat("x", 7000000), ""},
		{`{"Do":"broken","Text":"half"}`, "half", "errorString"},
		{`{"Do":"error","Text":"no"}`, "", "errorString"},
		{`{"Do":"exit","Status":1}`, "", "Runtime.ExitError"},
	} {
		out, err := s.client.InvokeWithResponseStream(t.Context(), &lambda.InvokeWithResponseStreamInput{FunctionName: aws.String("f"),
			Payload: []byte(c.payload), LogType: types.LogTypeTail})
		if err != nil {
			t.Fatal(err)
		}
		var body strings.Builder
		code := "not complete"
		for event := range out.GetStream().Events() {
			switch event := event.(type) {
			case *types.InvokeWithResponseStreamResponseEventMemberPayloadChunk:
				body.Write(event.Value.Payload)
			case *types.InvokeWithResponseStreamResponseEventMemberInvokeComplete:
				code = aws.ToString(event.Value.ErrorCode)
				if aws.ToString(event.Value.LogResult) == "" {
					t.Errorf("%s: no log", c.payload)
				}
			}
		}
		if err := out.GetStream().Close(); err != nil {
			t.Error(err)
		}
		if code != c.code || body.String() != c.body {
			t.Errorf("%s: %q, %s", c.payload, code, short(body.String()))
		}
	}
}

func short(s string) string { return fmt.Sprintf("%d bytes: %.40q", len(s), s) }
