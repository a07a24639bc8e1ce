package sdktest

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/sdk/ca"
	"github.com/ignisfox/ignisfox/sdk/egress"
	"github.com/ignisfox/ignisfox/sdk/plugin"
	"github.com/ignisfox/ignisfox/sdk/schema"
)

// shelf is the API of a small CA: GET /list?from=N&limit=N, GET /get?id=.
type shelf struct{ items []item }

type item struct {
	ID, State          string
	Certificate, Chain []byte
}

func newShelf(t testing.TB) *CAAccount {
	s := &shelf{}
	account := &CAAccount{}
	for i := range 7 {
		m := NewMaterial(t, 1, fmt.Sprintf("host-%d.example.com", i))
		id := fmt.Sprintf("cert-%d", i)
		s.items = append(s.items, item{id, []string{"issued", "revoked"}[i%2], m.Certificate, m.Chain})
		account.IDs = append(account.IDs, id)
	}
	account.Access = serveAPI(t, s)
	return account
}

func (s *shelf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Api-Key") != apiKey {
		http.Error(w, "the key "+r.Header.Get("Api-Key")+" is wrong", http.StatusForbidden)
		return
	}
	q := r.URL.Query()
	if r.URL.Path == "/get" {
		i := slices.IndexFunc(s.items, func(i item) bool { return i.ID == q.Get("id") })
		if i < 0 {
			http.Error(w, "no such certificate", http.StatusNotFound)
			return
		}
		_ = json.NewEncoder(w).Encode(s.items[i])
		return
	}
	from, _ := strconv.Atoi(q.Get("from"))
	limit, _ := strconv.Atoi(q.Get("limit"))
	_ = json.NewEncoder(w).Encode(s.items[min(from, len(s.items)):min(from+limit, len(s.items))])
}

// shelfReader reads a shelf; bug names what it does wrong.
type shelfReader struct {
	bug   string
	calls *atomic.Int64
}

func shelfProgram(bug string) plugin.Program {
	calls := new(atomic.Int64)
	return ca.Program(ca.Declaration{ID: "ca.shelf", Title: "Shelf", Version: "1.0.0", Schema: apiSchema()},
		func() ca.Account { return &shelfReader{bug, calls} })
}

func (s *shelfReader) Test(ctx context.Context, c ca.Call) ([]string, error) {
	var items []item
	err := askAPI(ctx, c, "/list?limit=1", &items)
	return []string{"certificates can be listed"}, err
}

func (s *shelfReader) List(ctx context.Context, c ca.Call, cursor string, limit int) (ca.Page, error) {
	from, _ := strconv.Atoi(cursor)
	if s.bug == "forgets the limit" {
		limit = 3
	}
	var items []item
	if err := askAPI(ctx, c, fmt.Sprintf("/list?from=%d&limit=%d", from, limit), &items); err != nil {
		return ca.Page{}, err
	}
	if n := s.calls.Add(1); s.bug == "lists in another order each time" && n%2 == 0 {
		slices.Reverse(items)
	}
	p := ca.Page{}
	for _, i := range items {
		block, _ := pem.Decode(i.Certificate)
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return ca.Page{}, err
		}
		entry := ca.Certificate{ID: i.ID, CommonName: cert.Subject.CommonName, Names: cert.DNSNames, State: ca.State(i.State),
			Serial: fmt.Sprintf("%x", cert.SerialNumber), NotBefore: cert.NotBefore, NotAfter: cert.NotAfter}
		if s.bug == "takes local time for UTC" {
			entry.NotAfter = entry.NotAfter.Add(2 * time.Hour)
		}
		p.Certificates = append(p.Certificates, entry)
	}
	if len(items) == limit && s.bug != "ends after one page" {
		p.Next = strconv.Itoa(from + len(items))
		if s.bug == "overlaps its pages" && from > 0 {
			p.Next = strconv.Itoa(from + len(items) - 1 + boolInt(len(items) == 1))
		}
	}
	return p, nil
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (s *shelfReader) Fetch(ctx context.Context, c ca.Call, id string) (ca.Bundle, error) {
	var i item
	if err := askAPI(ctx, c, "/get?id="+id, &i); err != nil {
		if s.bug != "does not know what is not there" && err.Error() == "status 404" {
			return ca.Bundle{}, plugin.Problemf(ca.CodeNotFound, "", "The CA has no certificate %s.", id)
		}
		return ca.Bundle{}, err
	}
	switch s.bug {
	case "begins the chain with the leaf":
		i.Chain = bytes.Join([][]byte{i.Certificate, i.Chain}, nil)
	case "fetches another":
		other := item{}
		if err := askAPI(ctx, c, "/get?id=cert-6", &other); err != nil {
			return ca.Bundle{}, err
		}
		i = other
	}
	return ca.Bundle{Certificate: i.Certificate, Chain: i.Chain}, nil
}

func TestAGoodCAPasses(t *testing.T) { CA(t, InProcess(shelfProgram("")), newShelf) }

func TestEachBugOfACAIsFound(t *testing.T) {
	const pages, fetch = "pages hold every certificate once, in the same order", "certificates are fetched with their chain"
	for bug, finder := range map[string]string{
		"forgets the limit":                pages,
		"lists in another order each time": pages,
		"ends after one page":              pages,
		"overlaps its pages":               pages,
		"takes local time for UTC":         fetch,
		"begins the chain with the leaf":   fetch,
		"fetches another":                  fetch,
		"does not know what is not there":  "a certificate that is not there is named so",
	} {
		t.Run(bug, func(t *testing.T) {
			r := InProcess(shelfProgram(bug))(quiet{t})
			c, err := newCASuite(t.Context(), r, newShelf)
			if err != nil {
				t.Fatal(err)
			}
			mustFind(t, r, c.suite, c.checks(), finder)
		})
	}
}

const apiKey = "key of the API/1+1"

func apiSchema() schema.Schema {
	return schema.Schema{Fields: []schema.Field{{Name: "host", Title: "Host", Type: schema.Host, Required: true},
		{Name: "port", Title: "Port", Type: schema.Port, Required: true}, {Name: "key", Title: "Key", Type: schema.String, Secret: true, Required: true}}}
}

// askAPI makes one request to an API of the tests.
func askAPI(ctx context.Context, c plugin.Call, path string, out any) error {
	u := fmt.Sprintf("http://%s:%d%s", c.Settings.String("host"), c.Settings.Int("port"), path)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Api-Key", string(c.Settings.Secret("key")))
	resp, err := c.Net.HTTPClient(egress.HTTPOptions{PlainHTTP: true}).Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	c.Log.Linef("%s with %s: %s", path, c.Settings.Secret("key"), resp.Status)
	switch resp.StatusCode {
	case http.StatusOK:
		return json.NewDecoder(resp.Body).Decode(out)
	case http.StatusForbidden:
		return plugin.WrongCredentials("key", "The API refuses the key.")
	}
	return fmt.Errorf("status %d", resp.StatusCode)
}
