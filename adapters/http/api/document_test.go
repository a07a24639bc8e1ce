package api_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/api"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// bare is an API whose handlers nobody calls.
func bare() *api.API {
	return api.New(api.Deps{Now: time.Now, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Version: "test"})
}

func document(t *testing.T, a *api.API) map[string]any {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal(a.Document(), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestTheDocumentDescribesEveryRoute(t *testing.T) {
	a := bare()
	doc := document(t, a)
	if v, _ := doc["openapi"].(string); !strings.HasPrefix(v, "3.1") {
		t.Errorf("openapi %q", v)
	}
	paths := doc["paths"].(map[string]any)
	routes, ids := 0, map[string]bool{}
	for _, r := range a.Routes() {
		item, _ := paths[r.Path].(map[string]any)
		op, _ := item[strings.ToLower(r.Method)].(map[string]any)
		if op == nil {
			t.Errorf("%s is not described", r.Pattern())
			continue
		}
		routes++
		id := op["operationId"].(string)
		if ids[id] {
			t.Errorf("operation id %s is used twice", id)
		}
		ids[id] = true
		if s, _ := op["summary"].(string); s == "" {
			t.Errorf("%s has no summary", r.Pattern())
		}
		if _, secured := op["security"]; secured == (r.Action == tenant.Open) {
			t.Errorf("%s: security %v for action %s", r.Pattern(), secured, r.Action)
		}
		checkParameters(t, r, op)
	}
	described := 0
	for _, item := range paths {
		described += len(item.(map[string]any))
	}
	if described != routes || routes < 40 {
		t.Errorf("%d operations are described, %d routes are there", described, routes)
	}
	if doc["components"].(map[string]any)["securitySchemes"].(map[string]any)["token"] == nil {
		t.Error("no security scheme")
	}
}

// checkParameters holds the path template against the parameters, and the writes against the key they accept.
func checkParameters(t *testing.T, r api.Route, op map[string]any) {
	t.Helper()
	var in []string
	list, _ := op["parameters"].([]any)
	for _, p := range list {
		p := p.(map[string]any)
		in = append(in, p["in"].(string)+" "+p["name"].(string))
		if d, _ := p["description"].(string); d == "" {
			t.Errorf("%s: parameter %s is not described", r.Pattern(), p["name"])
		}
	}
	for part := range strings.SplitSeq(r.Path, "/") {
		if strings.HasPrefix(part, "{") && !slices.Contains(in, "path "+strings.Trim(part, "{}")) {
			t.Errorf("%s: path parameter %s is not described", r.Pattern(), part)
		}
	}
	if slices.Contains(in, "header Idempotency-Key") != r.Once {
		t.Errorf("%s: Idempotency-Key described: %v", r.Pattern(), !r.Once)
	}
}

func TestTheDocumentIsWhole(t *testing.T) {
	doc := document(t, bare())
	schemas := doc["components"].(map[string]any)["schemas"].(map[string]any)
	problem := schemas["Problem"].(map[string]any)["properties"].(map[string]any)
	for _, f := range []string{"error", "code", "fields"} {
		if problem[f] == nil {
			t.Errorf("the error shape lacks %s", f)
		}
	}
	walk(t, "doc", doc, schemas)
}

// walk finds references that lead nowhere, properties without a description, and required properties that are none.
func walk(t *testing.T, at string, v any, schemas map[string]any) {
	t.Helper()
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			walk(t, at, e, schemas)
		}
	case map[string]any:
		if ref, ok := v["$ref"].(string); ok && schemas[strings.TrimPrefix(ref, "#/components/schemas/")] == nil {
			t.Errorf("%s: %s leads nowhere", at, ref)
		}
		if props, ok := v["properties"].(map[string]any); ok && v["type"] != nil {
			for name, p := range props {
				if d, _ := p.(map[string]any)["description"].(string); d == "" {
					t.Errorf("%s: property %s is not described", at, name)
				}
			}
			req, _ := v["required"].([]any)
			for _, name := range req {
				if props[name.(string)] == nil {
					t.Errorf("%s: required %s is no property", at, name)
				}
			}
		}
		for k, e := range v {
			walk(t, at+"/"+k, e, schemas)
		}
	}
}
