package deploy

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/ignisfox/ignisfox/core/deploy"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/ports"
)

// look asks every address of every endpoint what it serves.
func (s *Service) look(ctx context.Context, w *work) ended {
	type answer struct {
		i      int
		served []deploy.Served
	}
	endpoints, at := w.t.Deploy.Endpoints, s.Now().UTC().Truncate(time.Microsecond)
	answers := make(chan answer, len(endpoints))
	for i, e := range endpoints { // 20 at most, each with bounds of its own
		go func() { answers <- answer{i, s.lookAt(ctx, w, e, at)} }()
	}
	all := make([][]deploy.Served, len(endpoints))
	for range endpoints {
		a := <-answers
		all[a.i] = a.served
	}
	var e ended
	for _, served := range all {
		e.served = append(e.served, served...)
	}
	e.looked = true
	var lines strings.Builder
	for _, served := range e.served {
		fmt.Fprintln(&lines, told(served))
	}
	e.lines = lines.String()
	return e
}

func (s *Service) lookAt(ctx context.Context, w *work, e target.Endpoint, at time.Time) []deploy.Served {
	answers, err := s.Prober.Probe(ctx, ports.ProbeRequest{
		Host: e.Host, Port: e.Port, SNI: w.sni(e), StartTLS: e.StartTLS, EveryAddress: true,
	})
	if err != nil || len(answers) == 0 {
		code, words := fault.CodeOf(err), "The endpoint could not be looked at."
		var f *fault.Fault
		if ok := asFault(err, &f); ok {
			words = f.Message
		}
		return []deploy.Served{{Endpoint: e.String(), Code: code, Error: words, CheckedAt: at}}
	}
	out := make([]deploy.Served, 0, len(answers))
	for _, a := range answers {
		one := deploy.Served{Endpoint: e.String(), Fingerprint: a.Fingerprint, Generation: w.prints[a.Fingerprint], CheckedAt: at}
		if a.Address.IsValid() {
			one.Address = a.Address.String()
		}
		if a.Err != nil {
			one.Code, one.Error = a.Err.Code, a.Err.Message
		}
		out = append(out, one)
	}
	return out
}

// sni answers the name to ask an endpoint for: an address alone says nothing, so the certificate's first name is asked for.
func (w *work) sni(e target.Endpoint) string {
	if w.t.Deploy.SNI != "" {
		return w.t.Deploy.SNI
	}
	if _, err := netip.ParseAddr(e.Host); err != nil {
		return e.Host
	}
	wild := ""
	for _, name := range w.leaf.names {
		if _, err := netip.ParseAddr(name); err == nil || strings.Contains(name, "@") {
			continue
		}
		if rest, ok := strings.CutPrefix(name, "*."); ok {
			if wild == "" {
				wild = "www." + rest
			}
			continue
		}
		return name
	}
	return wild
}

// noRoute is the code of an address that this server cannot reach from where it stands: it has no IPv6, say.
const noRoute = "no_route"

// verify says whether every address serves the certificate of the deployment.
func (s *Service) verify(ctx context.Context, w *work) ended {
	e := s.look(ctx, w)
	if w.leaf.fingerprint == "" {
		return e.as(failed("generation_gone", "This generation is not kept any more."))
	}
	looked := 0
	for _, one := range e.served {
		switch {
		case one.Fingerprint == w.leaf.fingerprint:
			looked++
		case one.Fingerprint != "":
			return e.as(failed(deploy.CodeServesOther, w.other(one)))
		}
	}
	if why := unreached(e.served); why != nil {
		return e.as(failed(deploy.CodeUnreachable, why.Endpoint+": "+why.Error))
	}
	return e.as(done(fmt.Sprintf("Generation %d is served at %s.", w.d.Generation, places(looked))))
}

// reverify says whether the endpoints show again what they showed before anything was changed. An address that could not be looked at
// then proves nothing; one that is new may show whatever its endpoint showed.
func (s *Service) reverify(ctx context.Context, w *work) ended {
	e := s.look(ctx, w)
	at, of, dark := map[string]string{}, map[string]map[string]bool{}, map[string]bool{}
	for _, b := range w.d.Baseline {
		if b.Fingerprint == "" {
			dark[b.Endpoint+" "+b.Address] = true
			continue
		}
		at[b.Endpoint+" "+b.Address] = b.Fingerprint
		if of[b.Endpoint] == nil {
			of[b.Endpoint] = map[string]bool{}
		}
		of[b.Endpoint][b.Fingerprint] = true
	}
	if len(at) == 0 {
		return e.as(w.unproven(e.served))
	}
	for _, one := range e.served {
		want, known := at[one.Endpoint+" "+one.Address]
		switch {
		case one.Fingerprint == "" && dark[one.Endpoint+" "+one.Address]:
		case one.Fingerprint == "" && (known || len(of[one.Endpoint]) > 0):
			return e.as(failed(deploy.CodeUnreachable, one.Endpoint+": "+one.Error))
		case one.Fingerprint == "":
		case known && one.Fingerprint != want, !known && len(of[one.Endpoint]) > 0 && !of[one.Endpoint][one.Fingerprint]:
			return e.as(failed(deploy.CodeServesOther, w.other(one)))
		}
	}
	return e.as(done("What was served before is served again."))
}

// unproven says what a look after a roll back is worth when no endpoint could be looked at before: the generation that was there then is
// known all the same, when it was one of the group.
func (w *work) unproven(now []deploy.Served) ended {
	if why := unreached(now); why != nil {
		return failed(deploy.CodeUnreachable, why.Endpoint+": "+why.Error)
	}
	for _, one := range now {
		if one.Fingerprint != "" && (w.d.Before == 0 || one.Generation != w.d.Before) {
			return failed(deploy.CodeServesOther, "No endpoint could be looked at before, so that nothing proves that what is served now is what was served then.")
		}
	}
	return done(fmt.Sprintf("Generation %d is served again.", w.d.Before))
}

// unreached answers the first address that could not be looked at. One without a route from here is passed over when its endpoint was
// looked at by another: that says something of this server, and nothing of the endpoint.
func unreached(all []deploy.Served) *deploy.Served {
	seen := map[string]bool{}
	for _, one := range all {
		seen[one.Endpoint] = seen[one.Endpoint] || one.Fingerprint != ""
	}
	for i := range all {
		if one := &all[i]; one.Fingerprint == "" && (one.Code != noRoute || !seen[one.Endpoint]) {
			return one
		}
	}
	return nil
}

// other says what an address serves instead.
func (w *work) other(one deploy.Served) string {
	switch {
	case one.Generation > 0:
		return fmt.Sprintf("%s serves generation %d, not %d.", place(one), one.Generation, w.d.Generation)
	default:
		return fmt.Sprintf("%s serves a certificate that is none of this group (SHA-256 %s…).", place(one), one.Fingerprint[:min(16, len(one.Fingerprint))])
	}
}

func told(one deploy.Served) string {
	switch {
	case one.Fingerprint == "":
		return place(one) + ": " + one.Error
	case one.Generation > 0:
		return fmt.Sprintf("%s serves generation %d (SHA-256 %s)", place(one), one.Generation, one.Fingerprint)
	}
	return fmt.Sprintf("%s serves another certificate (SHA-256 %s)", place(one), one.Fingerprint)
}

func place(one deploy.Served) string {
	if one.Address == "" || strings.HasSuffix(one.Endpoint, one.Address) {
		return one.Endpoint
	}
	return one.Endpoint + " at " + one.Address
}

func places(n int) string {
	if n == 1 {
		return "one address"
	}
	return fmt.Sprintf("%d addresses", n)
}
