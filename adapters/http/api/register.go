package api

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ignisfox/ignisfox/adapters/http/problem"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// Who is the actor of a request, found out before its handler runs.
type Who = tenant.Actor

const openToAll = tenant.Open

const (
	jsonBody   = 128 << 10
	uploadBody = 6 << 20 // 20 files of 256 KB, and the frame around them
)

// Op describes one route. Path is below Base.
type Op struct {
	Method, Path string
	Summary      string
	Tag          string
	Status       int               // of success; 0 is 200
	File         string            // content type of an answer that is no JSON
	Repeatable   bool              // a POST that changes nothing, or that may be repeated: it takes no Idempotency-Key
	Upload       bool              // the body is multipart, read by the handler from the request
	Body         *huma.RequestBody // describes the body of an Upload
}

// Route is a row of the table that the matrix test goes through.
type Route struct {
	Method  string
	Path    string // template, with Base
	Action  tenant.Action
	Once    bool // accepts an Idempotency-Key
	Upload  bool
	Success int
}

// Pattern is the route as the mux knows it.
func (r Route) Pattern() string { return r.Method + " " + r.Path }

// register makes a route. There is no other way to make one: the mux refuses what did not come through here.
func register[I, O any](a *API, action tenant.Action, op Op, handle func(context.Context, Who, *I) (*O, error)) {
	write := op.Method != http.MethodGet
	status := max(op.Status, http.StatusOK)
	route := Route{
		Method: op.Method, Path: Base + op.Path, Action: action, Once: write && !op.Repeatable, Upload: op.Upload,
		Success: status,
	}
	a.routes.announce(route)
	h := huma.Operation{
		OperationID: operationID(op), Method: op.Method, Path: route.Path, Summary: op.Summary, Tags: []string{op.Tag},
		DefaultStatus: status, Errors: errorsOf(route),
		MaxBodyBytes: -1, BodyReadTimeout: 0, // the guard has read the body within its bounds
		Responses: map[string]*huma.Response{},
	}
	if action != openToAll {
		h.Security = []map[string][]string{{scheme: {}}}
		h.Description = "Needs the permission " + string(action) + "."
	}
	if op.File != "" {
		h.Responses[strconv.Itoa(status)] = &huma.Response{
			Description: "The file.", Content: map[string]*huma.MediaType{op.File: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}},
		}
	}
	if route.Once {
		h.Parameters = []*huma.Param{{
			Name: "Idempotency-Key", In: "header", Schema: &huma.Schema{Type: huma.TypeString},
			Description: "1 to 200 printable characters. The same request with the same key is carried out once within 24 hours.",
		}}
	}
	huma.Register(a.huma, h, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, requestOf(ctx).who, in)
		if err != nil {
			return nil, problem.From(ctx, a.Log, err)
		}
		return out, nil
	})
	if op.Body != nil { // described only: huma would read the body itself
		a.huma.OpenAPI().Paths[route.Path].Post.RequestBody = op.Body
	}
}

func errorsOf(r Route) []int {
	if r.Action == openToAll {
		return []int{http.StatusInternalServerError}
	}
	out := []int{
		http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusUnprocessableEntity,
		http.StatusTooManyRequests, http.StatusServiceUnavailable,
	}
	if r.Method != http.MethodGet {
		out = append(out, http.StatusBadRequest, http.StatusConflict, http.StatusRequestEntityTooLarge)
	}
	slices.Sort(out)
	return out
}

func operationID(op Op) string {
	out := []byte(nil)
	for _, c := range []byte(op.Method + op.Path) {
		switch {
		case c >= 'A' && c <= 'Z':
			out = append(out, c+'a'-'A')
		case c >= 'a' && c <= 'z':
			out = append(out, c)
		case len(out) > 0 && out[len(out)-1] != '-':
			out = append(out, '-')
		}
	}
	for len(out) > 0 && out[len(out)-1] == '-' {
		out = out[:len(out)-1]
	}
	return string(out)
}

// routes is the mux that huma registers with. It lets nothing in that was not announced with its action.
type routes struct {
	api   *API
	mux   *http.ServeMux
	known map[string]Route
	list  []Route
}

func (m *routes) announce(r Route) {
	m.known[r.Pattern()] = r
	m.list = append(m.list, r)
}

// HandleFunc is called by huma.
func (m *routes) HandleFunc(pattern string, h func(http.ResponseWriter, *http.Request)) {
	route, ok := m.known[pattern]
	if !ok {
		panic("api: " + pattern + " was registered without an action")
	}
	m.mux.HandleFunc(pattern, m.api.guard(route, h))
}

// ServeHTTP is what huma's interface asks for.
func (m *routes) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.mux.ServeHTTP(w, r) }
