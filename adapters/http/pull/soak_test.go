package pull_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/ignisfox/ignisfox/adapters/http/pull"
	"github.com/ignisfox/ignisfox/adapters/seal"
	"github.com/ignisfox/ignisfox/adapters/storage"
	"github.com/ignisfox/ignisfox/core/app/form"
	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/app/push"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/internal/testcert"
	"github.com/ignisfox/ignisfox/internal/testkit"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	soakFetches  = 20_000 // half on each engine, unless IGNISFOX_SOAK_FETCHES says otherwise
	soakSites    = 3
	soakTargets  = 4 // of each site
	soakDevices  = 16
	turnsAChange = 30
	soakPassword = "correct horse"
	remembered   = 2_000 // parsed bodies and tags, each; then all are forgotten
	historyKept  = 64    // activations of a site
	truthKept    = 100   // generations of a site
)

// TestSoak lets devices fetch from two replicas while generations are made, rolled back and forward, and tokens rotated. What
// every single answer is held against stands in site.admits, world.get and world.holds.
func TestSoak(t *testing.T) {
	n := int64(soakFetches)
	if v := os.Getenv("IGNISFOX_SOAK_FETCHES"); v != "" {
		var err error
		if n, err = strconv.ParseInt(v, 10, 64); err != nil || n < 2 {
			t.Fatalf("IGNISFOX_SOAK_FETCHES is to be a number of fetches")
		}
	}
	testkit.Engines(t, func(t *testing.T, k *testkit.Kit) {
		w := newSoak(t, k, n/2)
		w.run()
		w.report()
	})
}

// soakWorld is one soak.
type soakWorld struct {
	t        *testing.T
	kit      *testkit.Kit
	ca       *testcert.Pair
	replicas [2]*soakReplica
	sites    []*soakSite
	want     int64
	ticks    chan struct{} // one for so many turns of a device: time for a change
	done     chan struct{}
	finish   sync.Once

	fetches, fresh, unchanged, refused, conflicts atomic.Int64
	pairs, crossed, made, moved, rotated, grace   atomic.Int64

	mu     sync.Mutex
	bodies map[[32]byte]soakContents
	tags   map[string][32]byte
}

// soakReplica is a server of its own on the same database.
type soakReplica struct {
	handler *pull.Handler
	puller  *push.Puller
	people  *push.Service
	vault   *vault.Service
}

// soakSite is a group with what the test knows about it. Indices count the activations.
type soakSite struct {
	id, name string
	targets  []*soakDevice

	mu      sync.Mutex
	base    int   // index of current[0]
	current []int // generation numbers, in the order they were made current; the last may be under way
	floor   int   // index: somebody was answered this one, so nobody may be answered one before
	last    int   // greatest number
	truth   map[int]soakContents
}

// soakDevice is a target: its living token and the last one that died.
type soakDevice struct {
	id     string
	site   *soakSite
	token  atomic.Pointer[soakToken]
	buried atomic.Pointer[soakToken]
	graced *soakToken // lives beside token; the rotator's alone
}

type soakToken struct {
	raw    string
	ending atomic.Bool // somebody has begun to rotate it
	dead   atomic.Bool // the rotation was answered
}

// soakContents is what is in a body: SHA-256 of the certificate and of the public keys, zero when there is none.
type soakContents struct{ cert, certKey, key [32]byte }

func newSoak(t *testing.T, k *testkit.Kit, n int64) *soakWorld {
	root := testcert.Root("Soak Root")
	w := &soakWorld{
		t: t, kit: k, ca: root.Intermediate("Soak CA"), want: n, ticks: make(chan struct{}, 1), done: make(chan struct{}),
		bodies: map[[32]byte]soakContents{}, tags: map[string][32]byte{},
	}
	for i := range w.replicas {
		w.replicas[i] = w.newReplica()
	}
	for i := range soakSites {
		w.sites = append(w.sites, w.newSite(i))
	}
	return w
}

func (w *soakWorld) newReplica() *soakReplica {
	ctx, log := w.t.Context(), slog.New(slog.DiscardHandler)
	store, err := storage.Open(ctx, storage.Config{URL: w.kit.URL, Now: time.Now, Log: log, Migrate: true})
	if err != nil {
		w.t.Fatal(err)
	}
	sealer, err := seal.New(seal.Deps{Keysets: store.Keysets(), Source: w.kit.KEK, Now: time.Now, Log: log})
	if err == nil {
		err = sealer.Start(ctx)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	forms := form.New(form.Deps{Store: store, Sealer: sealer})
	in := intake.New(intake.Deps{Store: store, Sealer: sealer, Log: log})
	r := &soakReplica{
		puller: push.NewPuller(push.PullerDeps{Store: store, Sealer: sealer, Forms: forms, Now: time.Now, Log: log}),
		people: push.New(push.Deps{Store: store, Sealer: sealer, Now: time.Now, Log: log, BaseURL: "http://localhost"}),
		vault:  vault.New(vault.Deps{Store: store, Sealer: sealer, Intake: in, Forms: forms}),
	}
	r.handler = pull.New(pull.Deps{Puller: r.puller, Now: time.Now, Log: log})
	r.puller.Start()
	w.t.Cleanup(func() { r.close(w.t, store, sealer) })
	return r
}

func (r *soakReplica) close(t *testing.T, store ports.Store, sealer *seal.Sealer) {
	if err := r.puller.Stop(context.Background()); err != nil {
		t.Error(err)
	}
	sealer.Stop()
	if err := store.Close(); err != nil {
		t.Error(err)
	}
}

func (w *soakWorld) newSite(i int) *soakSite {
	ctx, r := w.t.Context(), w.replicas[0]
	s := &soakSite{name: fmt.Sprintf("www%d.example.com", i), base: 1, truth: map[int]soakContents{}}
	password := secret.NewString(soakPassword)
	g, err := r.vault.CreateGroup(ctx, w.kit.Owner, s.name, password)
	if err != nil {
		w.t.Fatal(err)
	}
	s.id = g.ID
	if err := w.renew(s, r); err != nil {
		w.t.Fatal(err)
	}
	for j := range soakTargets {
		preset := cert.PresetModern
		if j == 0 {
			preset = cert.PresetLegacy
		}
		made, tok, err := r.people.Create(ctx, w.kit.Owner, push.NewTarget{
			Name: fmt.Sprintf("device %d", j), Type: target.TypePull, Group: s.id, Settings: target.Settings{PFXPreset: preset},
		})
		if err != nil {
			w.t.Fatal(err)
		}
		d := &soakDevice{id: made.ID, site: s}
		d.token.Store(&soakToken{raw: tok.Reveal()})
		s.targets = append(s.targets, d)
	}
	return s
}

// run fetches and changes until enough was fetched or something was wrong.
func (w *soakWorld) run() {
	var devices, changers sync.WaitGroup
	for i := range soakDevices {
		s := w.sites[i%soakSites]
		devices.Go(func() {
			w.live(s.targets[i/soakSites%soakTargets], rand.New(rand.NewPCG(uint64(i), 1)))
		})
	}
	for i, s := range w.sites {
		changers.Go(func() {
			w.change(rand.New(rand.NewPCG(uint64(i), 2)), func(rng *rand.Rand) error { return w.activate(s, rng) })
		})
	}
	changers.Go(func() { w.change(rand.New(rand.NewPCG(0, 3)), w.rotate) })
	devices.Wait()
	w.stop()
	changers.Wait()
}

func (w *soakWorld) stop() { w.finish.Do(func() { close(w.done) }) }

func (w *soakWorld) over() bool {
	select {
	case <-w.done:
		return true
	default:
		return w.fetches.Load() >= w.want
	}
}

// wrong reports what was wrong and ends the soak.
func (w *soakWorld) wrong(format string, args ...any) {
	w.t.Helper()
	if !w.over() {
		w.t.Errorf(format, args...)
	}
	w.stop()
}

func (w *soakWorld) report() {
	w.t.Logf("%d fetches: %d fresh, %d unchanged, %d refused, %d other than the pinned; %d pairs held together, %d crossed a change; "+
		"%d generations made, %d moved back or forward; %d tokens rotated at once, %d with grace",
		w.fetches.Load(), w.fresh.Load(), w.unchanged.Load(), w.refused.Load(), w.conflicts.Load(), w.pairs.Load(), w.crossed.Load(),
		w.made.Load(), w.moved.Load(), w.rotated.Load(), w.grace.Load())
	if w.t.Failed() {
		return
	}
	for what, n := range map[string]int64{
		"fresh answers": w.fresh.Load(), "unchanged answers": w.unchanged.Load(), "refusals of dead tokens": w.refused.Load(),
		"pairs": w.pairs.Load(), "new generations": w.made.Load(), "roll backs": w.moved.Load(), "rotations": w.rotated.Load(),
	} {
		if n == 0 && w.want >= soakFetches/2 {
			w.t.Errorf("the soak saw no %s, so it shows nothing about them", what)
		}
	}
}

// change makes one change for every tick until the devices are done.
func (w *soakWorld) change(rng *rand.Rand, one func(*rand.Rand) error) {
	for {
		select {
		case <-w.done:
			return
		case <-w.ticks:
			if err := one(rng); err != nil {
				w.wrong("a change: %v", err)
				return
			}
		}
	}
}

// activate makes a new generation or goes to an earlier one. Afterwards both replicas must serve that one and no other.
func (w *soakWorld) activate(s *soakSite, rng *rand.Rand) error {
	r := w.replicas[rng.IntN(2)]
	if to := s.other(rng); to > 0 && rng.IntN(3) == 0 {
		at := s.begin(to)
		if _, err := r.vault.Activate(w.t.Context(), w.kit.Owner, s.id, to); err != nil {
			return err
		}
		s.settle(at)
		w.moved.Add(1)
	} else if err := w.renew(s, r); err != nil {
		return err
	}
	d := s.targets[rng.IntN(soakTargets)]
	for _, r := range w.replicas {
		w.get(r, d.token.Load(), s, soakAsk{kind: "fullchain"})
	}
	return nil
}

// renew uploads a certificate and key nobody has seen; it becomes current at once.
func (w *soakWorld) renew(s *soakSite, r *soakReplica) error {
	s.mu.Lock()
	number := s.last + 1
	s.last = number
	end := time.Now().Add(90*24*time.Hour + time.Duration(number)*time.Minute)
	leaf := w.ca.Leaf(s.name, testcert.Valid(time.Now().Add(-time.Hour), end))
	s.truth[number] = soakContents{cert: sha256.Sum256(leaf.Cert.Raw), certKey: publicHash(leaf.Cert.PublicKey), key: publicHash(leaf.Key.Public())}
	delete(s.truth, number-truthKept)
	s.mu.Unlock()

	at := s.begin(number)
	data := bytes.Join([][]byte{leaf.CertPEM, leaf.ChainPEM(), leaf.KeyPEM}, nil)
	res, err := r.vault.Upload(w.t.Context(), w.kit.Owner, intake.Request{
		Group: s.id, Files: []intake.File{{Filename: "renewed.pem", Data: data}},
	})
	if err != nil {
		return err
	}
	if f := res.Files[0]; f.Generation != number {
		return fmt.Errorf("the upload became %s (%s), generation %d instead of %d", f.Status, f.Code, f.Generation, number)
	}
	s.settle(at)
	w.made.Add(1)
	return nil
}

// rotate gives a target a new token. Without grace the older ones must be dead on both replicas from now on.
func (w *soakWorld) rotate(rng *rand.Rand) error {
	s := w.sites[rng.IntN(soakSites)]
	d := s.targets[rng.IntN(soakTargets)]
	old, grace := d.token.Load(), time.Duration(0)
	if d.graced == nil && rng.IntN(3) == 0 {
		grace = time.Hour
	}
	ends := []*soakToken{old}
	if grace > 0 {
		ends = nil
	} else if d.graced != nil {
		ends = append(ends, d.graced)
	}
	for _, c := range ends {
		c.ending.Store(true)
	}
	tok, err := w.replicas[rng.IntN(2)].people.Rotate(w.t.Context(), w.kit.Owner, d.id, grace)
	if err != nil {
		return err
	}
	for _, c := range ends {
		c.dead.Store(true)
		d.buried.Store(c)
	}
	next := &soakToken{raw: tok.Reveal()}
	d.token.Store(next)
	if d.graced = nil; grace > 0 {
		d.graced, ends = old, []*soakToken{old} // it still serves
		w.grace.Add(1)
	} else {
		w.rotated.Add(1)
	}
	for _, r := range w.replicas {
		for _, c := range append(ends, next) {
			w.get(r, c, s, soakAsk{kind: "key"})
		}
	}
	return nil
}

// other answers an earlier or later generation that is still kept, 0 when there is none.
func (s *soakSite) other(rng *rand.Rand) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.last - rng.IntN(5)
	if n < 1 || n == s.current[len(s.current)-1] {
		return 0
	}
	return n
}

// begin notes that a generation is about to become current and answers the index of that.
func (s *soakSite) begin(number int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current = append(s.current, number)
	if over := len(s.current) - historyKept; over > 0 {
		s.current, s.base = slices.Clone(s.current[over:]), s.base+over
	}
	return s.base + len(s.current) - 1
}

// settle notes that the activation was answered: from now on nothing before it may be served.
func (s *soakSite) settle(at int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.floor = max(s.floor, at)
}

func (s *soakSite) oldest() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.floor
}

// admits says whether an answer to a fetch that began when the floor was at from may be of that generation. Whoever asks
// later must not be answered an older one.
func (s *soakSite) admits(from, number int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := max(from, s.base); i < s.base+len(s.current); i++ {
		if s.current[i-s.base] == number {
			s.floor = max(s.floor, i)
			return true
		}
	}
	return false
}

// mayBeOther says whether a fetch that began when the floor was at from may have met another generation.
func (s *soakSite) mayBeOther(from, number int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.current[max(from-s.base, 0):], func(n int) bool { return n != number })
}

func (s *soakSite) truthOf(number int) soakContents {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.truth[number]
}

// soakAsk is what a device asks for; etag is what it holds already.
type soakAsk struct {
	kind, etag string
	pin        int
}

// soakReply is an answer that was good.
type soakReply struct {
	status, generation int
	etag               string
}

// get fetches and holds the answer against everything that must be true of it. The zero reply says that the device has to
// begin again, with another token or generation.
func (w *soakWorld) get(r *soakReplica, c *soakToken, s *soakSite, a soakAsk) soakReply {
	from, wasDead := s.oldest(), c.dead.Load()
	rec := httptest.NewRecorder()
	r.handler.ServeHTTP(rec, a.request(c))
	w.fetches.Add(1)
	out := soakReply{status: rec.Code, etag: rec.Header().Get("ETag")}
	out.generation, _ = strconv.Atoi(rec.Header().Get("X-Ignisfox-Generation"))
	switch {
	case wasDead && rec.Code != http.StatusUnauthorized:
		w.wrong("a token that was rotated before was answered %d", rec.Code)
	case rec.Code == http.StatusUnauthorized && c.ending.Load():
		w.refused.Add(1)
		return soakReply{}
	case rec.Code == http.StatusConflict && a.pin > 0 && s.mayBeOther(from, a.pin):
		w.conflicts.Add(1)
		return soakReply{}
	case rec.Code != http.StatusOK && rec.Code != http.StatusNotModified:
		w.wrong("%s was answered %d: %s", a.kind, rec.Code, rec.Body)
	case !s.admits(from, out.generation):
		w.wrong("%s of generation %d was served, which was not current any more or not yet", a.kind, out.generation)
	case a.pin > 0 && out.generation != a.pin:
		w.wrong("generation %d was pinned and %d served", a.pin, out.generation)
	case rec.Code == http.StatusNotModified:
		w.unchanged.Add(1)
		if a.etag == "" || a.etag != out.etag || rec.Body.Len() > 0 {
			w.wrong("%s: 304 with tag %q and %d bytes to a device that holds %q", a.kind, out.etag, rec.Body.Len(), a.etag)
		}
	default:
		w.fresh.Add(1)
		w.holds(s, a, out, rec.Body.Bytes())
	}
	return out
}

func (a soakAsk) request(c *soakToken) *http.Request {
	query := "/fetch?kind=" + a.kind
	if a.pin > 0 {
		query += "&generation=" + strconv.Itoa(a.pin)
	}
	var r *http.Request
	if a.kind == "bundle" { // as the first scripts did
		r = httptest.NewRequest(http.MethodGet, "/api/push/"+c.raw+query, http.NoBody)
	} else {
		r = httptest.NewRequest(http.MethodGet, "/api/push"+query, http.NoBody)
		r.Header.Set("Authorization", "Bearer "+c.raw)
	}
	if a.etag != "" {
		r.Header.Set("If-None-Match", a.etag)
	}
	return r
}

// holds makes sure that a body is of the generation that it says, that its key is the certificate's, and that a tag never
// stands for two bodies.
func (w *soakWorld) holds(s *soakSite, a soakAsk, got soakReply, body []byte) {
	sum := sha256.Sum256(append([]byte(a.kind+" "), body...))
	w.mu.Lock()
	in, known := w.bodies[sum]
	first, tagged := w.tags[got.etag]
	w.mu.Unlock()
	if !known {
		var err error
		if in, err = parseSoak(a.kind, body); err != nil {
			w.wrong("%s of generation %d: %v", a.kind, got.generation, err)
			return
		}
	}
	w.mu.Lock()
	if len(w.bodies) >= remembered {
		clear(w.bodies)
	}
	if len(w.tags) >= remembered {
		clear(w.tags)
	}
	w.bodies[sum], w.tags[got.etag] = in, sum
	w.mu.Unlock()
	truth := s.truthOf(got.generation)
	switch {
	case got.etag == "" || tagged && first != sum:
		w.wrong("%s: the tag %q stands for more than one body", a.kind, got.etag)
	case a.kind != "key" && (in.cert != truth.cert || in.certKey != truth.certKey):
		w.wrong("%s says generation %d and holds the certificate of another", a.kind, got.generation)
	case a.kind != "fullchain" && in.key != truth.key:
		w.wrong("%s says generation %d and holds the key of another", a.kind, got.generation)
	}
}

// parseSoak reads what is in a body. The key of a bundle must be its certificate's.
func parseSoak(kind string, body []byte) (in soakContents, err error) {
	var certs []*x509.Certificate
	var key any
	if kind == "pfx" {
		var leaf *x509.Certificate
		if key, leaf, certs, err = pkcs12.DecodeChain(body, soakPassword); err != nil {
			return in, err
		}
		certs = append([]*x509.Certificate{leaf}, certs...)
	}
	for rest := body; kind != "pfx"; {
		var b *pem.Block
		if b, rest = pem.Decode(rest); b == nil {
			break
		}
		if b.Type == "CERTIFICATE" {
			c, err := x509.ParseCertificate(b.Bytes)
			if err != nil {
				return in, err
			}
			certs = append(certs, c)
		} else if key, err = x509.ParsePKCS8PrivateKey(b.Bytes); err != nil {
			return in, err
		}
	}
	if kind != "key" {
		if len(certs) != 2 || certs[0].CheckSignatureFrom(certs[1]) != nil {
			return in, errors.New("it does not hold a certificate and its issuer")
		}
		in.cert, in.certKey = sha256.Sum256(certs[0].Raw), publicHash(certs[0].PublicKey)
	}
	if kind != "fullchain" {
		signer, ok := key.(crypto.Signer)
		if !ok {
			return in, errors.New("it does not hold a key")
		}
		in.key = publicHash(signer.Public())
	}
	if kind != "key" && kind != "fullchain" && in.key != in.certKey {
		return in, errors.New("the key is not the certificate's")
	}
	return in, nil
}

// publicHash answers the SHA-256 of a public key.
func publicHash(key crypto.PublicKey) [32]byte {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return [32]byte{}
	}
	return sha256.Sum256(der)
}

// live is a device: it fetches again and again and keeps what it was last answered, as the scripts do.
func (w *soakWorld) live(d *soakDevice, rng *rand.Rand) {
	held := map[string]soakReply{}
	fetch := func(kind string, pin int) (soakReply, bool) {
		a := soakAsk{kind: kind, etag: held[kind].etag, pin: pin}
		if rng.IntN(8) == 0 {
			a.etag = held["key"].etag // no help for another kind; and now and then it lost its files
		}
		got := w.get(w.replicas[rng.IntN(2)], d.token.Load(), d.site, a)
		switch {
		case got.status == 0:
			return got, false
		case got.status == http.StatusNotModified && got != (soakReply{got.status, held[kind].generation, held[kind].etag}):
			w.wrong("%s: 304 for generation %d to a device that holds %+v", kind, got.generation, held[kind])
		}
		held[kind] = got
		return got, true
	}
	for turn := 1; !w.over(); turn++ {
		if turn%turnsAChange == 0 {
			select {
			case w.ticks <- struct{}{}:
			case <-w.done:
			}
		}
		switch rng.IntN(8) {
		case 0, 1, 2:
			fetch("bundle", 0)
		case 3, 4: // the key, then exactly its certificate
			if key, ok := fetch("key", 0); ok {
				if _, ok := fetch("fullchain", key.generation); ok {
					w.pairs.Add(1)
				}
			}
		case 5, 6: // all three; the same number must mean the same pair, which get has made sure of for each
			key, ok1 := fetch("key", 0)
			chain, ok2 := fetch("fullchain", 0)
			pfx, ok3 := fetch("pfx", 0)
			switch {
			case !ok1 || !ok2 || !ok3:
			case key.generation == chain.generation && chain.generation == pfx.generation:
				w.pairs.Add(1)
			default:
				w.crossed.Add(1)
			}
		default:
			if old := d.buried.Load(); old != nil {
				w.get(w.replicas[rng.IntN(2)], old, d.site, soakAsk{kind: "bundle", etag: held["bundle"].etag})
			}
		}
	}
}
