package sdktest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ignisfox/ignisfox/sdk/deploy"
	"github.com/ignisfox/ignisfox/sdk/egress"
	"github.com/ignisfox/ignisfox/sdk/plugin"
	"github.com/ignisfox/ignisfox/sdk/schema"
)

// box is the smallest device: it has certificates by fingerprint, one that is told and one that runs.
type box struct {
	mu            sync.Mutex
	store         map[string]bool
	Told, Running string
}

const boxPassword = "box+password/1"

func newBox(t testing.TB) *Device {
	b := &box{store: map[string]bool{}}
	srv := httptest.NewUnstartedServer(b)
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.Start()
	t.Cleanup(srv.Close)
	g := NewGate(t, srv.Listener.Addr().String())
	host, port, err := net.SplitHostPort(g.Addr())
	if err != nil {
		t.Fatal(err)
	}
	return &Device{
		Access: Access{Settings: map[string]any{"host": host, "port": json.Number(port)}, Secrets: map[string]string{"password": boxPassword},
			Wrong: map[string]string{"password": "wrong-password"}, Gate: g},
		Serves: func() string { b.mu.Lock(); defer b.mu.Unlock(); return b.Running },
		State: func() string {
			b.mu.Lock()
			defer b.mu.Unlock()
			return fmt.Sprint(slices.Sorted(maps.Keys(b.store)), b.Told, b.Running)
		},
	}
}

func (b *box) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, password, _ := r.BasicAuth(); password != boxPassword {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	switch id := r.URL.Query().Get("id"); r.URL.Path {
	case "/put":
		b.store[id] = true
	case "/use":
		b.Told = id
	case "/reload":
		b.Running = b.Told
	}
	_ = json.NewEncoder(w).Encode(b)
}

// boxTarget deploys to a box; bug names what it does wrong.
type boxTarget struct {
	bug    string
	shared *shared
}

// shared is what a wrong plugin keeps between calls.
type shared struct {
	mu   sync.Mutex
	port int64
}

func boxProgram(bug string) plugin.Program {
	s := &shared{}
	return deploy.Program(deploy.Declaration{ID: "deploy.box", Title: "Box", Version: "1.0.0",
		Steps: []deploy.Step{deploy.Stage, deploy.Swap, deploy.Reload, deploy.Restore, deploy.Clean},
		Schema: schema.Schema{Fields: []schema.Field{{Name: "host", Title: "Host", Type: schema.Host, Required: true},
			{Name: "port", Title: "Port", Type: schema.Port, Required: true}, {Name: "password", Title: "Password", Type: schema.String, Secret: true}}},
		Validate: func(deploy.Settings) schema.Problems {
			if bug == "refuses what is good" {
				return schema.Problems{"host": "I do not like it."}
			}
			return nil
		},
	}, func() deploy.Target { return &boxTarget{bug, s} })
}

// ask sends one request and answers what the box says of itself.
func (b *boxTarget) ask(ctx context.Context, c deploy.Call, path, id string) (*box, error) {
	port := c.Settings.Int("port")
	client := c.Net.HTTPClient(egress.HTTPOptions{PlainHTTP: true})
	switch b.bug {
	case "ignores its context", "goes on when its time is over":
		ctx = context.WithoutCancel(ctx)
		client = &http.Client{}
	case "goes around the network it is given":
		client = &http.Client{}
	case "keeps the address of another call":
		b.shared.mu.Lock()
		if path == "/put" {
			b.shared.port = port
		} else if path == "/use" && b.shared.port != 0 {
			port = b.shared.port
		}
		b.shared.mu.Unlock()
	case "crashes from nonsense":
		if port == 0 {
			panic("no port")
		}
	case "reads what the schema lacks":
		c.Settings.String("pasword")
	}
	u := fmt.Sprintf("http://%s:%d%s?id=%s", c.Settings.String("host"), port, path, url.QueryEscape(id))
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u, nil)
	if err != nil {
		return nil, err
	}
	req.SetBasicAuth("box", string(c.Settings.Secret("password")))
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusUnauthorized {
		if b.bug == "does not know wrong credentials" {
			return nil, errors.New("unauthorized")
		}
		return nil, plugin.WrongCredentials("password", "The box refuses the password.")
	}
	out := &box{}
	return out, json.NewDecoder(resp.Body).Decode(out)
}

func (b *boxTarget) Test(ctx context.Context, c deploy.Call) (deploy.TestResult, error) {
	path := "/"
	if b.bug == "changes something in a test" {
		path = "/reload"
		_, _ = b.ask(ctx, c, "/put", "test")
	}
	_, err := b.ask(ctx, c, path, "")
	if b.bug == "answers a test without looking" {
		return deploy.TestResult{Confirmed: true, Lines: []string{"fine"}}, nil
	}
	return deploy.TestResult{Confirmed: true, Lines: []string{"a box"}}, err
}

func (b *boxTarget) Plan(ctx context.Context, c deploy.Call, m deploy.Material) (deploy.Plan, error) {
	now, err := b.ask(ctx, c, "/", "")
	if err != nil {
		return deploy.Plan{}, err
	}
	return deploy.Plan{Changes: []deploy.Change{{What: "certificate", Action: "replace"}}, Present: now.Running,
		Unchanged: now.Running == m.Fingerprint && b.bug != "never plans that nothing is to do"}, nil
}

func (b *boxTarget) Step(ctx context.Context, c deploy.Call, r deploy.StepRequest) (deploy.StepResult, error) {
	id := r.Material.Fingerprint
	now, err := b.ask(ctx, c, "/", "")
	if err != nil {
		return deploy.StepResult{}, err
	}
	previous := deploy.StepResult{State: []byte("previous " + now.Running)}
	switch r.Step {
	case deploy.Stage:
		if now.Running == id && b.bug != "deploys again what is there" {
			return deploy.StepResult{Unchanged: true}, nil
		}
		if b.bug == "tells a secret in its state" {
			previous.State = append(previous.State, " "+string(c.Settings.Secret("password"))...)
		}
		_, err = b.ask(ctx, c, "/put", id)
		return previous, err
	case deploy.Swap:
		switch b.bug {
		case "swaps nothing":
			return deploy.StepResult{}, nil
		case "remembers in swap alone":
			previous.State = []byte("previous " + now.Told)
		default:
			previous.State = nil
		}
		_, err = b.ask(ctx, c, "/use", id)
		return previous, err
	case deploy.Reload:
		_, err = b.ask(ctx, c, "/reload", "")
		return deploy.StepResult{}, err
	case deploy.Restore:
		return deploy.StepResult{}, b.restore(ctx, c, r, now)
	}
	return deploy.StepResult{}, nil
}

func (b *boxTarget) restore(ctx context.Context, c deploy.Call, r deploy.StepRequest, now *box) error {
	before, ok := strings.CutPrefix(strings.Split(string(r.State)+" ", " ")[0], "previous")
	if ok {
		before = strings.Fields(string(r.State) + " -")[1]
		before = strings.Trim(before, "-")
	}
	switch b.bug {
	case "restores nothing":
		return nil
	case "restores what was not swapped":
		if now.Told != r.Material.Fingerprint {
			before = ""
		}
	case "crashes from a foreign state":
		_ = r.State[len("previous ")-1]
	}
	if !ok {
		return errors.New("the state is not ours")
	}
	_, err := b.ask(ctx, c, "/use", before)
	return err
}
