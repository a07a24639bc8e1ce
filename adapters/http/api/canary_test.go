package api_test

import (
	"encoding/json"
	"strings"
	"testing"
)

const canary = "CANARYq7Zk4XnotToBeSeen"

// schemaOf follows references.
func schemaOf(doc map[string]any, s map[string]any) map[string]any {
	for {
		ref, ok := s["$ref"].(string)
		if !ok {
			return s
		}
		s = doc["components"].(map[string]any)["schemas"].(map[string]any)[strings.TrimPrefix(ref, "#/components/schemas/")].(map[string]any)
	}
}

// plant answers bodies for the schema, each with the canary in one place: as the value of each member, inside a list, an
// object and a long text, as the name of a member, and as the whole body.
func plant(doc, schema map[string]any) []any {
	schema = schemaOf(doc, schema)
	if forms, ok := schema["anyOf"].([]any); ok { // each form, and whatever else
		var out []any
		for _, form := range forms {
			out = append(out, plant(doc, form.(map[string]any))...)
		}
		return out
	}
	values := []any{
		canary, strings.Repeat(canary, 500), []any{canary}, map[string]any{canary: canary}, 1e300, canary + "\n", "api_" + canary,
		[]any{map[string]any{"x": canary}},
	}
	out := append([]any{map[string]any{canary: canary}}, values...)
	props, _ := schema["properties"].(map[string]any)
	for name, p := range props {
		inner := values
		if sub := schemaOf(doc, p.(map[string]any)); sub["properties"] != nil || sub["anyOf"] != nil {
			inner = append(plant(doc, sub), values...)
		}
		for _, v := range inner {
			body := map[string]any{name: v}
			for other, o := range props {
				if other != name {
					body[other] = filler(schemaOf(doc, o.(map[string]any)))
				}
			}
			out = append(out, body, map[string]any{name: v})
		}
	}
	return out
}

// filler is a value that fits the schema well enough not to be what is refused first.
func filler(s map[string]any) any {
	typ := s["type"]
	if many, ok := typ.([]any); ok {
		typ = many[0]
	}
	switch typ {
	case "array":
		return []any{}
	case "object":
		return map[string]any{}
	case "integer":
		return 1
	case "boolean":
		return false
	}
	if s["anyOf"] != nil {
		return map[string]any{}
	}
	if enum, ok := s["enum"].([]any); ok {
		return enum[0]
	}
	return "x"
}

// TestRefusalsNeverRepeatWhatWasSent plants a canary in every field of every body and every query parameter that the
// document knows, and looks for it in the answers and in the log.
func TestRefusalsNeverRepeatWhatWasSent(t *testing.T) {
	w := sqlite(t)
	o := w.furnish(w.Owner, "marker", "Test workspace")
	tok := w.all(w.Owner)
	doc := document(t, w.api)
	refused, bodies := 0, 0
	for _, r := range w.api.Routes() {
		op := doc["paths"].(map[string]any)[r.Path].(map[string]any)[strings.ToLower(r.Method)].(map[string]any)
		path := strings.NewReplacer("{id}", o.group, "{n}", "1", "{deployment}", o.run).Replace(r.Path)
		calls := queries(op, path)
		if body, ok := op["requestBody"].(map[string]any); ok && !r.Upload {
			schema := body["content"].(map[string]any)["application/json"].(map[string]any)["schema"].(map[string]any)
			for _, v := range plant(doc, schema) {
				b, err := json.Marshal(v)
				w.must(err)
				calls = append(calls, call{path: path, body: b}, call{path: path, body: b[:len(b)-1]}, call{path: path, body: b, contentType: "text/" + canary})
			}
			bodies++
		}
		for _, c := range calls {
			c.method, c.token = r.Method, tok
			got := w.do(c)
			if got.status >= 500 {
				t.Errorf("%s: %d for %.200s: %s", r.Pattern(), got.status, c.body, got.body)
			}
			if got.status >= 400 {
				refused++
				if strings.Contains(got.body, canary[:8]) {
					t.Errorf("%s repeats it: %s", r.Pattern(), got.body)
				}
			}
		}
	}
	if refused < 500 || bodies < 12 {
		t.Errorf("only %d refusals of %d bodies were looked at", refused, bodies)
	}
	if strings.Contains(w.log.String(), canary[:8]) {
		t.Error("the log holds it")
	}
}

func queries(op map[string]any, path string) []call {
	out := []call{{path: path + "?" + canary + "=" + canary}}
	params, _ := op["parameters"].([]any)
	for _, p := range params {
		if p := p.(map[string]any); p["in"] == "query" {
			out = append(out, call{path: path + "?" + p["name"].(string) + "=" + canary},
				call{path: path + "?" + p["name"].(string) + "=" + strings.Repeat(canary, 100)})
		}
	}
	return out
}

func TestUploadRefusalsNeverRepeatWhatWasSent(t *testing.T) {
	w := sqlite(t)
	tok := w.all(w.Owner)
	for _, fields := range []map[string]string{
		{canary: "x"}, {"group": strings.Repeat(canary, 100)}, {"group": canary + "\x00"}, {"group": canary + "\nx"},
		{"name": strings.Repeat(canary, 100)}, {"password": strings.Repeat(canary, 100)},
	} {
		typ, body := form(map[string][]byte{"x.pem": pair(t, "x.example.com")}, fields)
		r := w.do(call{method: "POST", path: "/api/v1/uploads", token: tok, contentType: typ, body: body})
		if r.status < 400 || strings.Contains(r.body, canary[:8]) {
			t.Errorf("%v: %d %s", fields, r.status, r.body)
		}
	}
}
