package main

import (
	"bytes"
	"context"
	"encoding/pem"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	httpserver "github.com/ignisfox/ignisfox/adapters/http"
	"github.com/ignisfox/ignisfox/adapters/http/limit"
	"github.com/ignisfox/ignisfox/adapters/http/pull"
	"github.com/ignisfox/ignisfox/adapters/metrics"
	"github.com/ignisfox/ignisfox/core/app/ingest"
	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/app/push"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/testcert"
)

// deviceGroups is how many groups the devices share.
const deviceGroups = 8

// farm is the server that devices pull from, as serve wires it: limits on but far away, metrics, log at info.
type farm struct {
	*stack
	puller *push.Puller
	server *httpserver.Server
	keys   [][]byte // PEM, by group
	tokens []string // by device; device i pulls group i % deviceGroups
}

// newFarm makes groups with a key and n devices that pull them.
func (b *bench) newFarm(ctx context.Context, engine string, n int) (*farm, error) {
	s, err := b.freshStack(ctx, engine)
	if err != nil {
		return nil, err
	}
	far := limit.Rate{N: 1_000_000_000, Per: time.Second, Burst: 1_000_000_000}
	f := &farm{stack: s, puller: push.NewPuller(push.PullerDeps{
		Store: s.store, Sealer: s.sealer, Forms: s.forms, Now: time.Now, Log: s.log,
	})}
	counted := metrics.New("bench")
	f.server = httpserver.New(httpserver.Deps{
		Pull: pull.New(pull.Deps{
			Puller: f.puller, ClientRate: far, TargetRate: far, Now: time.Now, Log: s.log,
			Observe: counted.Observe, Fetched: counted.Fetched,
			Ingest: ingest.New(ingest.Deps{
				Store: s.store, Sealer: s.sealer, Now: time.Now, Log: s.log,
				Intake: intake.New(intake.Deps{Store: s.store, Sealer: s.sealer, Log: s.log}),
			}),
		}),
		API: http.NotFoundHandler(), Ready: s.store.Ping, Now: time.Now, Log: s.log,
	})
	f.puller.Start()
	owner, err := s.newTenant(ctx, "Devices")
	if err == nil {
		err = f.populate(ctx, owner, n)
	}
	if err != nil {
		_ = f.close(ctx)
		return nil, err
	}
	return f, nil
}

func (f *farm) close(ctx context.Context) error {
	err := f.puller.Stop(ctx)
	if closeErr := f.stack.close(); err == nil {
		err = closeErr
	}
	return err
}

func (f *farm) populate(ctx context.Context, owner tenant.Actor, n int) error {
	ca := testcert.Root("Bench Root").Intermediate("Bench CA")
	people := push.New(push.Deps{Store: f.store, Sealer: f.sealer, Now: time.Now, Log: f.log, BaseURL: "http://localhost"})
	for g := range deviceGroups {
		name := fmt.Sprintf("www%d.example.com", g)
		leaf := ca.Leaf(name)
		data := bytes.Join([][]byte{leaf.CertPEM, leaf.ChainPEM(), leaf.KeyPEM}, nil)
		r, err := f.vault.Upload(ctx, owner, intake.Request{Group: name, Files: []intake.File{{Filename: "bundle.pem", Data: data}}})
		if err != nil {
			return err
		}
		if r.Files[0].Generation != 1 {
			return fmt.Errorf("the certificate of %s became %s (%s)", name, r.Files[0].Status, r.Files[0].Code)
		}
		f.keys = append(f.keys, leaf.KeyPEM)
	}
	for i := range n {
		_, tok, err := people.Create(ctx, owner, push.NewTarget{
			Name: fmt.Sprintf("device %d", i), Type: target.TypePull, Group: fmt.Sprintf("www%d.example.com", i%deviceGroups),
		})
		if err != nil {
			return err
		}
		f.tokens = append(f.tokens, tok.Reveal())
	}
	return nil
}

// request is what curl sends for a device.
func (f *farm) request(device int, etag string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "GET /api/push/fetch?kind=key HTTP/1.1\r\nHost: localhost:8080\r\nUser-Agent: curl/8.14.1\r\nAccept: */*\r\n"+
		"Authorization: Bearer %s\r\n", f.tokens[device])
	if etag != "" {
		fmt.Fprintf(&b, "If-None-Match: %s\r\n", etag)
	}
	b.WriteString("\r\n")
	return b.Bytes()
}

// checkKey says what is wrong when the answer is not the key of the device's group.
func (f *farm) checkKey(device int, a *answer) error {
	got, _ := pem.Decode(a.body)
	want, _ := pem.Decode(f.keys[device%deviceGroups])
	if got == nil || !bytes.Equal(got.Bytes, want.Bytes) {
		return fmt.Errorf("device %d did not get the key of its group", device)
	}
	return nil
}

// listen serves h on a loopback port with the http.Server that serve uses, so that only the handlers differ.
func (f *farm) listen(h http.Handler) (*http.Server, string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	srv := f.server.HTTP()
	srv.Handler = h
	go func() {
		if err := srv.Serve(ln); err != http.ErrServerClosed { //nolint:errorlint // Serve answers it as it is
			f.log.Error("serve", slog.Any("cause", err))
		}
	}()
	return srv, ln.Addr().String(), nil
}
