package sdktest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/sdk/dns"
	"github.com/ignisfox/ignisfox/sdk/plugin"
)

// serveAPI serves an API behind a gate until the test ends.
func serveAPI(t testing.TB, h http.Handler) Access {
	t.Helper()
	srv := httptest.NewUnstartedServer(h)
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.Start()
	t.Cleanup(srv.Close)
	g := NewGate(t, srv.Listener.Addr().String())
	host, port, err := net.SplitHostPort(g.Addr())
	if err != nil {
		t.Fatal(err)
	}
	return Access{Settings: map[string]any{"host": host, "port": json.Number(port)}, Secrets: map[string]string{"key": apiKey},
		Wrong: map[string]string{"key": "a wrong key"}, Gate: g}
}

// zone is a DNS provider: /add, /set and /del with name and value, / for all records.
type zone struct {
	mu      sync.Mutex
	records []txt
	next    int
}

type txt struct{ ID, Name, Value string }

func newZone(t testing.TB) *DNSAccount {
	z := &zone{}
	return &DNSAccount{Access: serveAPI(t, z), Zone: "example.com", TXT: func(name string) (values []string) {
		z.mu.Lock()
		defer z.mu.Unlock()
		for _, r := range z.records {
			if r.Name == name {
				values = append(values, r.Value)
			}
		}
		return values
	}}
}

func (z *zone) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if r.Header.Get("Api-Key") != apiKey {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	q := r.URL.Query()
	switch r.URL.Path {
	case "/set": // one value in place of all
		z.records = slices.DeleteFunc(z.records, func(t txt) bool { return t.Name == q.Get("name") })
		fallthrough
	case "/add":
		z.next++
		z.records = append(z.records, txt{fmt.Sprint("r", z.next), q.Get("name"), q.Get("value")})
	case "/del":
		z.records = slices.DeleteFunc(z.records, func(t txt) bool { return t.ID == q.Get("id") || q.Get("id") == "" && t.Name == q.Get("name") })
	}
	_ = json.NewEncoder(w).Encode(z.records)
}

// zoneWriter publishes in a zone; bug names what it does wrong.
type zoneWriter struct{ bug string }

func zoneProgram(bug string) plugin.Program {
	return dns.Program(dns.Declaration{ID: "dns.zone", Title: "Zone", Version: "1.0.0", Schema: apiSchema()},
		func() dns.Provider { return zoneWriter{bug} })
}

func (z zoneWriter) Test(ctx context.Context, c dns.Call) ([]string, error) {
	var all []txt
	if z.bug == "publishes in a test" {
		_ = askAPI(ctx, c, "/add?name=_acme-challenge.www.sub.example.com&value=test", &all)
	}
	return []string{"example.com"}, askAPI(ctx, c, "/", &all)
}

func (z zoneWriter) Publish(ctx context.Context, c dns.Call, name, value string, _ time.Duration) (dns.Record, error) {
	suffix := ".example.com"
	if z.bug == "takes the end of a name for its zone" {
		suffix = "example.com"
	}
	if !strings.HasSuffix(name, suffix) {
		return dns.Record{}, &plugin.Problem{Code: dns.CodeNoZone, Message: "None of the zones holds " + name + ".", Final: true}
	}
	var all []txt
	if err := askAPI(ctx, c, "/", &all); err != nil {
		return dns.Record{}, err
	}
	find := func(t txt) bool { return t.Name == name && t.Value == value }
	at := slices.IndexFunc(all, find)
	if at < 0 || z.bug == "adds what is there" {
		verb := "/add"
		if z.bug == "replaces the values beside" {
			verb = "/set"
		}
		if err := askAPI(ctx, c, verb+"?name="+url.QueryEscape(name)+"&value="+url.QueryEscape(value), &all); err != nil {
			return dns.Record{}, err
		}
		at = slices.IndexFunc(all, find)
	}
	if at < 0 {
		return dns.Record{}, fmt.Errorf("the record of %s went away", name)
	}
	return dns.Record{ID: all[at].ID, Zone: "example.com"}, nil
}

func (z zoneWriter) Remove(ctx context.Context, c dns.Call, r dns.Record) error {
	var all []txt
	query := "?id=" + url.QueryEscape(r.ID)
	switch z.bug {
	case "removes all values of the name":
		query = "?name=" + url.QueryEscape(r.Name)
	case "fails when the record is gone":
		if err := askAPI(ctx, c, "/", &all); err != nil {
			return err
		}
		if !slices.ContainsFunc(all, func(t txt) bool { return t.ID == r.ID }) {
			return fmt.Errorf("there is no record %s", r.ID)
		}
	}
	return askAPI(ctx, c, "/del"+query, &all)
}

func TestAGoodDNSProviderPasses(t *testing.T) { DNS(t, InProcess(zoneProgram("")), newZone) }

func TestEachBugOfADNSProviderIsFound(t *testing.T) {
	const beside = "values stand beside each other, and each is removed alone"
	for bug, finder := range map[string]string{
		"publishes in a test":                  "a test names the zones and changes nothing",
		"replaces the values beside":           beside,
		"removes all values of the name":       beside,
		"fails when the record is gone":        beside,
		"adds what is there":                   "publishing the same again adds nothing",
		"takes the end of a name for its zone": "a name in no zone is named so",
	} {
		t.Run(bug, func(t *testing.T) {
			r := InProcess(zoneProgram(bug))(quiet{t})
			d, err := newDNSSuite(t.Context(), r, newZone)
			if err != nil {
				t.Fatal(err)
			}
			mustFind(t, r, d.suite, d.checks(), finder)
		})
	}
}
