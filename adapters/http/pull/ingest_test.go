package pull_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/app/ingest"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/testcert"
	"github.com/ignisfox/ignisfox/internal/testkit"
)

// newIngest makes an ingest token.
func (r *rig) newIngest(groupName string) (id, tok string) {
	r.t.Helper()
	t, s, err := r.ingest.Create(ctx, r.k.Owner, ingest.NewToken{Name: "ci", Group: groupName})
	if err != nil {
		r.t.Fatal(err)
	}
	return t.ID, s.Reveal()
}

func (r *rig) deliver(tok, contentType string, body io.Reader, headers ...string) reply {
	r.t.Helper()
	return r.do("POST", "/api/ingest", body, append(headers, "Authorization", "Bearer "+tok, "Content-Type", contentType)...)
}

func asJSON(t *testing.T, m map[string]any) io.Reader {
	t.Helper()
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(b)
}

func asParts(t *testing.T, files bool, values map[string]string) (string, io.Reader) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for name, v := range values {
		var part io.Writer
		var err error
		if files && name != "group" && name != "name" {
			part, err = w.CreateFormFile(name, "live/"+name+".pem")
		} else {
			part, err = w.CreateFormField(name)
		}
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(part, v)
	}
	_ = w.Close()
	return w.FormDataContentType(), &b
}

type taken struct {
	Group        *struct{ ID, Name string }
	Generation   *int
	Certificates []struct {
		ID, Subject, Fingerprint_sha256 string
		SANs                            []string
		Not_after                       time.Time
	}
}

func (p reply) taken(t *testing.T) taken {
	t.Helper()
	var out taken
	if err := json.Unmarshal([]byte(p.body), &out); err != nil {
		t.Fatalf("%d %s: %v", p.status, p.body, err)
	}
	return out
}

func TestIngestTakesEveryForm(t *testing.T) {
	engines(t, func(t *testing.T, k *testkit.Kit) {
		r := newRig(t, k, options{})
		_, tok := r.newIngest("")
		deliveries := map[string]func(leaf *testcert.Pair, group string) (string, io.Reader){
			"json": func(leaf *testcert.Pair, group string) (string, io.Reader) {
				return "application/json; charset=utf-8", asJSON(t, map[string]any{
					"name": "from ci", "group": group, "cert": string(leaf.CertPEM), "key": string(leaf.KeyPEM), "chain": string(inter.CertPEM),
				})
			},
			"values": func(leaf *testcert.Pair, group string) (string, io.Reader) {
				return asParts(t, false, map[string]string{"group": group, "cert": string(leaf.CertPEM), "key": string(leaf.KeyPEM), "chain": string(inter.CertPEM)})
			},
			"files": func(leaf *testcert.Pair, group string) (string, io.Reader) {
				return asParts(t, true, map[string]string{"group": group, "cert": string(leaf.CertPEM), "key": string(leaf.KeyPEM), "chain": string(inter.CertPEM)})
			},
			"x-pem-file": func(leaf *testcert.Pair, _ string) (string, io.Reader) {
				return "application/x-pem-file", bytes.NewReader(bytes.Join([][]byte{leaf.CertPEM, leaf.KeyPEM, inter.CertPEM}, nil))
			},
			"text": func(leaf *testcert.Pair, _ string) (string, io.Reader) {
				return "text/plain", bytes.NewReader(bytes.Join([][]byte{leaf.CertPEM, inter.CertPEM, leaf.KeyPEM}, []byte("\n# next\n")))
			},
		}
		for name, make := range deliveries {
			host := name + ".example.com"
			leaf := inter.Leaf(host, testcert.Names(host))
			typ, body := make(leaf, host)
			got := r.deliver(tok, typ, body)
			if got.status != 201 {
				t.Errorf("%s: %d %s", name, got.status, got.body)
				continue
			}
			out := got.taken(t)
			if out.Group == nil || out.Group.Name != host || out.Group.ID == "" || out.Generation == nil || *out.Generation != 1 ||
				len(out.Certificates) != 2 || out.Certificates[0].Subject != host || len(out.Certificates[0].Fingerprint_sha256) != 64 ||
				!out.Certificates[0].Not_after.Equal(leaf.Cert.NotAfter) {
				t.Errorf("%s: %s", name, got.body)
			}
			if strings.Contains(got.body, "PRIVATE") || got.header.Get("Cache-Control") != "private, no-store" {
				t.Errorf("%s: the answer holds a key or may be cached", name)
			}
			// The same effect as an upload by hand: a device gets it.
			_, pt := r.newTarget(host, target.Settings{})
			if b := r.fetch(pt, "kind=bundle"); b.body != string(leaf.CertPEM)+string(inter.CertPEM)+string(leaf.KeyPEM) {
				t.Errorf("%s: the device gets %d %s", name, b.status, b.body)
			}
			typ, body = make(leaf, host)
			again := r.deliver(tok, typ, body)
			if again.status != 200 || again.taken(t).Certificates[0].ID != out.Certificates[0].ID || *again.taken(t).Generation != 1 {
				t.Errorf("%s again: %d %s", name, again.status, again.body)
			}
		}
	})
}

func TestIngestRefusals(t *testing.T) {
	r := newRig(t, sqlite(t), options{})
	id, tok := r.newIngest("")
	_, bound := r.newIngest("bound")
	r.newIngest("other")
	leaf := inter.Leaf("a.example.com")
	pem, key := string(leaf.CertPEM), string(leaf.KeyPEM)
	big := strings.Repeat("A", 256<<10+1)
	many, manyBody := asParts(t, false, map[string]string{"cert": pem, "extra": "x"})
	bigParts, bigBody := asParts(t, true, map[string]string{"cert": big})
	for name, c := range map[string]struct {
		tok, typ string
		body     io.Reader
		headers  []string
		status   int
		code     string
	}{
		"unknown member":      {tok, "application/json", asJSON(t, map[string]any{"cert": pem, "password": "x"}), nil, 422, "unknown_field"},
		"nested value":        {tok, "application/json", asJSON(t, map[string]any{"cert": []string{pem}}), nil, 422, "bad_field"},
		"number":              {tok, "application/json", asJSON(t, map[string]any{"cert": 1}), nil, 422, "bad_field"},
		"twice":               {tok, "application/json", strings.NewReader(`{"name":"a","name":"b"}`), nil, 422, "duplicate_field"},
		"deep":                {tok, "application/json", strings.NewReader(strings.Repeat("[", 100_000)), nil, 400, "bad_json"},
		"deep inside":         {tok, "application/json", strings.NewReader(`{"cert":` + strings.Repeat("[", 100_000)), nil, 422, "bad_field"},
		"broken":              {tok, "application/json", strings.NewReader(`{"cert":"x`), nil, 400, "bad_json"},
		"two objects":         {tok, "application/json", strings.NewReader(`{"name":"a"}{}`), nil, 400, "bad_json"},
		"empty object":        {tok, "application/json", strings.NewReader(`{}`), nil, 422, "no_file"},
		"only a name":         {tok, "application/json", asJSON(t, map[string]any{"name": "x", "cert": nil, "key": ""}), nil, 422, "no_file"},
		"empty body":          {tok, "text/plain", strings.NewReader(""), nil, 422, "no_file"},
		"garbage":             {tok, "text/plain", strings.NewReader("hello"), nil, 422, "not_recognised"},
		"no type":             {tok, "", strings.NewReader(pem), nil, 422, "bad_content_type"},
		"form":                {tok, "application/x-www-form-urlencoded", strings.NewReader(pem), nil, 422, "bad_content_type"},
		"xml":                 {tok, "text/xml", strings.NewReader(pem), nil, 422, "bad_content_type"},
		"compressed":          {tok, "text/plain", strings.NewReader(pem), []string{"Content-Encoding", "gzip"}, 400, "bad_content_encoding"},
		"large PEM":           {tok, "text/plain", strings.NewReader(big), nil, 413, "too_large"},
		"large PEM, chunked":  {tok, "text/plain", io.MultiReader(strings.NewReader(big)), nil, 413, "too_large"},
		"large member":        {tok, "application/json", asJSON(t, map[string]any{"key": big}), nil, 413, "too_large"},
		"large body":          {tok, "application/json", io.MultiReader(strings.NewReader(`{"cert":"`), strings.NewReader(strings.Repeat("A", 2<<20))), nil, 413, "too_large"},
		"large name":          {tok, "application/json", asJSON(t, map[string]any{"name": strings.Repeat("n", 2000), "cert": pem}), nil, 413, "too_large"},
		"unknown part":        {tok, many, manyBody, nil, 422, "unknown_field"},
		"large part":          {tok, bigParts, bigBody, nil, 413, "too_large"},
		"no boundary":         {tok, "multipart/form-data", strings.NewReader("x"), nil, 400, "bad_multipart"},
		"broken parts":        {tok, "multipart/form-data; boundary=x", strings.NewReader("--x\r\n"), nil, 400, "bad_multipart"},
		"other group":         {bound, "application/json", asJSON(t, map[string]any{"group": "other", "cert": pem}), nil, 403, "other_group"},
		"other group, new":    {bound, "application/json", asJSON(t, map[string]any{"group": "new", "cert": pem}), nil, 403, "other_group"},
		"group with a bell":   {tok, "application/json", asJSON(t, map[string]any{"group": "a\u0007b", "cert": pem}), nil, 422, "bad_name"},
		"one part is garbage": {tok, "application/json", asJSON(t, map[string]any{"cert": pem, "key": "hello"}), nil, 422, "not_recognised"},
		"unknown token":       {"it_nothing", "text/plain", strings.NewReader(pem), nil, 401, "invalid_token"},
	} {
		got := r.deliver(c.tok, c.typ, c.body, c.headers...)
		if got.status != c.status || got.code() != c.code || got.header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
		if strings.Contains(got.body, "hello") || strings.Contains(got.body, "AAAA") {
			t.Errorf("%s: the answer echoes what was sent", name)
		}
	}
	page, err := r.k.Vault.List(ctx, r.k.Owner, vault.ListQuery{Limit: 10})
	if err != nil || len(page.Items) != 0 {
		t.Errorf("a refused delivery left %d rows, %v", len(page.Items), err)
	}
	for name, g := range map[string]string{"its own by name": "BOUND", "none": ""} {
		if got := r.deliver(bound, "application/json", asJSON(t, map[string]any{"group": g, "cert": pem, "key": key})); got.status > 201 || got.taken(t).Group.Name != "bound" {
			t.Errorf("a bound token, group %s: %d %s", name, got.status, got.body)
		}
	}
	if got := r.deliver(tok, "text/plain", strings.NewReader(pem)); got.status != 200 {
		t.Errorf("before it was revoked: %d %s", got.status, got.body)
	}
	if err := r.ingest.Delete(ctx, r.k.Owner, id); err != nil {
		t.Fatal(err)
	}
	got := r.deliver(tok, "text/plain", strings.NewReader(pem))
	if got.status != 401 || got.body != `{"error":"Missing bearer token. Use Authorization: Bearer <ingest-token>.","code":"invalid_token"}`+"\n" {
		t.Errorf("a revoked token: %d %s", got.status, got.body)
	}
}

func TestABoundTokenDoesNotReachIntoAnotherGroup(t *testing.T) {
	r := newRig(t, sqlite(t), options{})
	leaf := inter.Leaf("a.example.com")
	r.upload("first", leaf.CertPEM, leaf.KeyPEM)
	_, tok := r.newIngest("second")
	got := r.deliver(tok, "text/plain", bytes.NewReader(leaf.CertPEM))
	if got.status != 422 || got.code() != "in_other_group" {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// The same delivery, repeated and concurrent, has one effect.
func TestRepeatedDeliveriesHaveOneEffect(t *testing.T) {
	engines(t, func(t *testing.T, k *testkit.Kit) {
		r := newRig(t, k, options{})
		other := replica(t, r)
		_, tok := r.newIngest("www")
		leaf := inter.Leaf("www.example.com", testcert.Names("www.example.com"))
		payload := map[string]any{"cert": string(leaf.CertPEM), "key": string(leaf.KeyPEM), "chain": string(inter.CertPEM)}
		made := make([]reply, 100)
		var wg sync.WaitGroup
		slots := make(chan struct{}, 50)
		for i := range made {
			wg.Go(func() {
				slots <- struct{}{}
				defer func() { <-slots }()
				from := r
				if i%2 == 1 {
					from = other
				}
				made[i] = from.deliver(tok, "application/json", asJSON(t, payload))
			})
		}
		wg.Wait()
		created, ids := 0, map[string]bool{}
		for _, m := range made {
			switch m.status {
			case 201:
				created++
			case 200:
			default:
				t.Errorf("%d %s", m.status, m.body)
				continue
			}
			out := m.taken(t)
			ids[fmt.Sprint(out.Certificates[0].ID, *out.Generation)] = true
		}
		if created != 1 || len(ids) != 1 {
			t.Errorf("%d of 100 deliveries made something, under %d ids", created, len(ids))
		}
		page, err := k.Vault.List(ctx, k.Owner, vault.ListQuery{Limit: 50})
		if err != nil || len(page.Items) != 3 {
			t.Errorf("%d rows, %v", len(page.Items), err)
		}
		for _, a := range page.Items {
			if a.Source != artifact.SourceIngest || a.CreatedBy != "ci" {
				t.Errorf("row from %s by %s", a.Source, a.CreatedBy)
			}
		}
		gens, err := k.Vault.Generations(ctx, k.Owner, r.groupID("www"))
		if err != nil || len(gens) != 1 {
			t.Errorf("%d generations, %v", len(gens), err)
		}
		list, _, err := r.ingest.List(ctx, k.Owner, tenant.IngestTokenQuery{Limit: 10})
		if err != nil || len(list) != 1 || list[0].LastAt.IsZero() || !list[0].LastAddr.IsLoopback() {
			t.Errorf("the token's last use: %+v, %v", list, err)
		}
	})
}
