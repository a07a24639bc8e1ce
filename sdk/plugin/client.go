package plugin

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pluginv1 "github.com/ignisfox/ignisfox/sdk/proto/ignisfox/plugin/v1"
	"github.com/ignisfox/ignisfox/sdk/schema"
)

// Errors of calls besides *Problem and those of the context. Nobody knows how far the call got.
var (
	ErrGone     = errors.New("the plugin ended or does not answer")
	ErrProtocol = errors.New("the plugin broke the protocol")
)

// Client calls what every plugin answers.
type Client struct{ conn pluginv1.PluginClient }

// NewClient speaks over a connection to a plugin.
func NewClient(conn grpc.ClientConnInterface) *Client { return &Client{pluginv1.NewPluginClient(conn)} }

// Describe answers what the plugin says of itself, checked. Errors are ErrGone, ErrProtocol, and those of the context.
func (c *Client) Describe(ctx context.Context) (Info, error) {
	r, err := c.conn.Describe(ctx, &pluginv1.DescribeRequest{})
	if err != nil {
		return Info{}, CallError(err)
	}
	if r.GetProtocol() != Protocol {
		return Info{}, fmt.Errorf("%w: it speaks version %d, and this server %d", ErrProtocol, r.GetProtocol(), Protocol)
	}
	sc, err := schema.Parse(r.GetSchema())
	if err != nil {
		return Info{}, fmt.Errorf("%w: its schema: %w", ErrProtocol, err)
	}
	info := Info{ID: r.GetId(), Kind: r.GetKind(), Title: r.GetTitle(), Summary: r.GetSummary(), Icon: r.GetIcon(), Version: r.GetVersion(),
		Schema: sc, Capabilities: r.GetCapabilities()}
	if err := info.Check(); err != nil {
		return Info{}, fmt.Errorf("%w: %w", ErrProtocol, err)
	}
	return info, nil
}

// Validate asks what is wrong with settings that the schema alone cannot see.
func (c *Client) Validate(ctx context.Context, a Args) (schema.Problems, error) {
	call, err := a.Wire()
	if err != nil {
		return nil, err
	}
	r, err := c.conn.Validate(ctx, &pluginv1.ValidateRequest{Call: call})
	if err != nil {
		return nil, CallError(err)
	}
	if len(r.GetProblems()) == 0 {
		return nil, nil
	}
	redactor, problems := a.Redactor(), schema.Problems{}
	for path, text := range r.GetProblems() {
		problems[cmp.Or(fieldPath(path), "settings")] = redactor.Line(text)
	}
	return problems, nil
}

var pathShape = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}(\.[a-z][a-z0-9_]{0,39}){0,2}$`)

// fieldPath answers a path as a schema can have it, and "" for anything else: a plugin could have put a secret there.
func fieldPath(path string) string {
	if !pathShape.MatchString(path) {
		return ""
	}
	return path
}

// Wire makes the message of a call.
func (a Args) Wire() (*pluginv1.Call, error) {
	values := a.Settings
	if values == nil {
		values = map[string]any{}
	}
	settings, err := json.Marshal(values)
	if err != nil {
		return nil, errors.New("plugin: settings cannot be written as JSON")
	}
	allow, deny := a.Egress.Text()
	return &pluginv1.Call{Settings: settings, Secrets: a.Secrets, Request: a.Request,
		Egress: &pluginv1.Egress{Allow: allow, Deny: deny}}, nil
}

// Redactor takes the secrets of the call, and those given, out of what a plugin answers: a plugin that is not made with this
// package may not have done so.
func (a Args) Redactor(more ...[]byte) *Redactor {
	for _, s := range a.Secrets {
		more = append(more, s)
	}
	return NewRedactor(more...)
}

// ProblemError makes the error of a problem that an answer carries; nil when there is none.
func ProblemError(p *pluginv1.Problem, r *Redactor) error {
	if p == nil {
		return nil
	}
	out := &Problem{Code: p.GetCode(), Message: r.Line(p.GetMessage()), Field: fieldPath(p.GetField()), Final: p.GetRetry() == pluginv1.Retry_RETRY_NEVER}
	if !codeShape.MatchString(out.Code) {
		out.Code = CodeFailed
	}
	if out.Message == "" {
		out.Message = "The plugin said no more than " + out.Code + "."
	}
	return out
}

// CallError makes an error that errors.Is knows of a status of gRPC. What the status says is not repeated: a plugin in another
// language writes what it likes there.
func CallError(err error) error {
	switch status.Code(err) {
	case codes.DeadlineExceeded:
		return fmt.Errorf("plugin: %w", context.DeadlineExceeded)
	case codes.Canceled:
		return fmt.Errorf("plugin: %w", context.Canceled)
	case codes.Unavailable:
		return fmt.Errorf("plugin: %w", ErrGone)
	}
	return fmt.Errorf("plugin: %w (%s)", ErrProtocol, status.Code(err))
}
