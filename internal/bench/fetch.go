package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// The aims: how much of the speed of a handler that only writes the bytes is left.
var (
	keyAim       = aim{limit: .60}
	unchangedAim = aim{limit: .65}
)

// contestant is one handler on a listener of its own, with the connections that ask it.
type contestant struct {
	load  *load
	srv   *http.Server
	rates []float64
}

// contest is one kind of request with the three that answer it alike.
type contest struct {
	name   string
	aim    aim
	status int
	real   contestant
	bare   contestant
	lookup contestant
}

func (c *contest) all() []*contestant { return []*contestant{&c.real, &c.bare, &c.lookup} }

// fetch compares fetches by devices with the two yardsticks.
func (b *bench) fetch(ctx context.Context) error {
	t := newTable("Fetches by devices", "", "fetches/s", "bare/s", "look-up/s", "of bare", "aim", "", "of look-up")
	t.note("bare: a net/http handler that only writes the same bytes and headers; look-up: one that asks the same database for the token first")
	t.note("all on the same http.Server, over loopback, %d kept-alive connections, one device each; medians of %d rounds in turns", b.conns, b.rounds)
	for _, engine := range b.engines {
		contests, err := b.fetchOn(ctx, engine)
		if err != nil {
			return fmt.Errorf("%s: %w", engine, err)
		}
		for _, c := range contests {
			real, bare, lookup := median(c.real.rates), median(c.bare.rates), median(c.lookup.rates)
			ofBare, ofLookup := against(c.real.rates, c.bare.rates), against(c.real.rates, c.lookup.rates)
			name := engine + ", " + c.name
			t.row(name, whole(real), whole(bare), whole(lookup), ratio(ofBare), c.aim.String(), b.judge(name, ofBare, c.aim), ratio(ofLookup))
		}
	}
	t.print(b.out)
	return nil
}

func (b *bench) fetchOn(ctx context.Context, engine string) (_ []*contest, err error) {
	f, err := b.newFarm(ctx, engine, b.conns)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.close(ctx)) }()
	db, err := openLookup(ctx, f.url)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.close()) }()
	contests := []*contest{
		{name: "kind=key", aim: keyAim, status: http.StatusOK},
		{name: "304", aim: unchangedAim, status: http.StatusNotModified},
	}
	defer func() {
		for _, c := range contests {
			err = errors.Join(err, c.close())
		}
	}()
	for _, c := range contests {
		if err := c.prepare(ctx, f, db); err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return contests, b.compete(contests)
}

// prepare opens listeners and connections. The yardsticks answer what the server answers.
func (c *contest) prepare(ctx context.Context, f *farm, db *lookup) error {
	requests, shown, err := c.requests(ctx, f)
	if err != nil {
		return err
	}
	for _, x := range []struct {
		to *contestant
		h  http.Handler
	}{{&c.real, f.server}, {&c.bare, http.HandlerFunc(shown.bare)}, {&c.lookup, db.wrap(shown)}} {
		srv, addr, err := f.listen(x.h)
		if err != nil {
			return err
		}
		x.to.srv = srv
		if x.to.load, err = dial(ctx, addr, c.status, requests); err != nil {
			return err
		}
		if err := x.to.agrees(shown); err != nil {
			return err
		}
	}
	return nil
}

// requests answers what each device sends, after it has fetched its key once, and the answer to the first.
func (c *contest) requests(ctx context.Context, f *farm) (requests [][]byte, shown *answer, err error) {
	srv, addr, err := f.listen(f.server)
	if err != nil {
		return nil, nil, err
	}
	defer srv.Close()
	for device := range f.tokens {
		key, err := ask(ctx, addr, http.StatusOK, f.request(device, ""))
		if err != nil {
			return nil, nil, err
		}
		if err := f.checkKey(device, key); err != nil {
			return nil, nil, err
		}
		etag := ""
		if c.status == http.StatusNotModified {
			etag = key.header.Get("ETag")
		}
		requests = append(requests, f.request(device, etag))
	}
	shown, err = ask(ctx, addr, c.status, requests[0])
	return requests, shown, err
}

// ask sends one request on a connection of its own.
func ask(ctx context.Context, addr string, status int, request []byte) (*answer, error) {
	l, err := dial(ctx, addr, status, [][]byte{request})
	if err != nil {
		return nil, err
	}
	defer l.close()
	raw, err := l.conns[0].exchange()
	if err != nil {
		return nil, err
	}
	return parseAnswer(raw)
}

// agrees makes sure that the contestant writes as many bytes as the answer shown, headers included.
func (c *contestant) agrees(shown *answer) error {
	raw, err := c.load.conns[0].exchange()
	if err != nil {
		return err
	}
	got, err := parseAnswer(raw)
	if err != nil {
		return err
	}
	if string(got.body) != string(shown.body) || len(got.header) != len(shown.header) {
		return fmt.Errorf("the handlers answer differently: %d and %d bytes, %d and %d headers",
			len(got.body), len(shown.body), len(got.header), len(shown.header))
	}
	return nil
}

// compete runs all contestants in turns.
func (b *bench) compete(contests []*contest) error {
	var all []*contestant
	for _, c := range contests {
		all = append(all, c.all()...)
	}
	for round := range b.rounds + 1 { // the first warms up and does not count
		for i := range all {
			x := all[(i+round)%len(all)]
			settle()
			d := b.round
			if round == 0 {
				d = min(d, 300*time.Millisecond)
			}
			rate, err := x.load.run(d)
			if err != nil {
				return err
			}
			if round > 0 {
				x.rates = append(x.rates, rate)
			}
		}
	}
	return nil
}

func (c *contest) close() error {
	var errs []error
	for _, x := range c.all() {
		if x.load != nil {
			x.load.close()
		}
		if x.srv != nil {
			errs = append(errs, x.srv.Close())
		}
	}
	return errors.Join(errs...)
}
