package main

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	mrand "math/rand/v2"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"

	pkcs12 "software.sslmate.com/src/go-pkcs12"

	"github.com/ignisfox/ignisfox/internal/testcert"
)

const lineagesOfClient = 3 // so many groups each client keeps renewing

// crashClient keeps its groups renewed, like a careful user: it does one thing after the other and notes what was acknowledged.
// Nobody else touches its groups, so it can say what must be there.
type crashClient struct {
	w        *crashWorld
	id       int
	rng      *mrand.Rand
	root     *testcert.Pair
	lineages []*lineage
	targets  map[string]string // by name: the Idempotency-Key it was asked for with, "" once it was acknowledged
	serial   int
	log      []string // what it did last, for the report of a failure
}

// lineage is one group as its client knows it.
type lineage struct {
	name, id string
	issuer   *testcert.Pair
	days     int               // validity of the newest leaf, growing so that each renewal follows the one before
	known    map[int]string    // fingerprint by generation number, of every one ever seen
	keyed    map[int]bool      // those that hold their key
	top      int               // greatest number ever seen
	current  map[string]bool   // fingerprints that may be the current leaf's: two only while an activation is uncertain
	last     *testcert.Pair    // the newest complete pair
	half     *testcert.Pair    // a leaf whose key, or a key whose leaf, was not sent yet
	halfKey  bool              // half is a key
	open     *attempt          // a change that was not acknowledged
	words    []string          // PFX passwords that may be set: two only while a change is uncertain
	pfx      map[string][]byte // built PFX by fingerprint and password
	token    string            // of a pull target
}

// attempt is one change and what it leaves behind when it was carried out.
type attempt struct {
	what   string
	wants  []want // rows that are new with it: all of them or none
	leaf   string // fingerprint of the generation that it makes or completes, "" when none
	keyed  bool   // that generation then has its key, and is current
	once   string // Idempotency-Key
	resend func() (reply, error)
	done   func() // what to note when it was carried out
	stored bool   // it was acknowledged, though not where to
}

// want is a row that must be in the vault, and its exact bytes.
type want struct {
	kind, identity string // fingerprint of a certificate, SPKI hash of a key, file name of a bundle or PFX
	data           []byte
}

func (w want) String() string { return w.kind + " " + w.identity }

func fingerprintOf(p *testcert.Pair) string { return sumOf(p.Cert.Raw) }

func certWant(p *testcert.Pair) want { return want{"cert", fingerprintOf(p), p.CertPEM} }

func keyWant(p *testcert.Pair) want {
	return want{"key", sumOf(p.Cert.RawSubjectPublicKeyInfo), p.KeyPEM}
}

// errStop ends a client's round: a change is uncertain until the next check.
var errStop = errors.New("stop until the next check")

// run does one thing after the other until the server, or its database, is gone.
func (c *crashClient) run() error {
	for !c.w.enough.Load() {
		err := c.step()
		switch {
		case errors.Is(err, errStop):
			return nil
		case err != nil:
			return fmt.Errorf("client %d: %w; before: %s", c.id, err, strings.Join(c.log, ", "))
		}
	}
	return nil
}

func (c *crashClient) step() error {
	l := c.pick()
	if l.half != nil {
		return c.otherHalf(l)
	}
	if l.last == nil {
		return c.whole(l, c.rng.IntN(4))
	}
	switch n := c.rng.IntN(20); {
	case n < 7:
		return c.whole(l, c.rng.IntN(4))
	case n < 9:
		return c.half(l, false)
	case n < 11:
		return c.half(l, true)
	case n < 12:
		return c.sameKey(l)
	case n < 15:
		return c.activate(l)
	case n < 17:
		return c.target(l)
	case n < 18:
		return c.password(l)
	default:
		return c.buildPFX(l)
	}
}

func (c *crashClient) pick() *lineage {
	if len(c.lineages) < lineagesOfClient {
		name := fmt.Sprintf("www.c%dg%d.example", c.id, len(c.lineages))
		c.lineages = append(c.lineages, &lineage{
			name: name, issuer: c.root.Intermediate("issuer of " + name), days: 90, known: map[int]string{}, keyed: map[int]bool{},
			current: map[string]bool{}, words: []string{""}, pfx: map[string][]byte{},
		})
	}
	return c.lineages[c.rng.IntN(len(c.lineages))]
}

func (c *crashClient) renew(l *lineage, opts ...testcert.Option) *testcert.Pair {
	l.days++
	return l.issuer.Leaf(l.name, append(opts, testcert.Days(l.days))...)
}

func (c *crashClient) file(end string) string {
	c.serial++
	return fmt.Sprintf("c%dn%d.%s", c.id, c.serial, end)
}

// part is one file of an upload.
type part struct {
	name string
	data []byte
}

// whole sends leaf, issuer and key in one request: as one file, as two, as a PFX, or through the ingest API.
func (c *crashClient) whole(l *lineage, how int) error {
	p := c.renew(l)
	a := &attempt{wants: []want{certWant(p), keyWant(p)}, leaf: fingerprintOf(p), keyed: true}
	a.done = func() { l.last = p }
	if l.last == nil { // the issuer is new as well
		a.wants = append(a.wants, certWant(l.issuer))
	}
	chain := slices.Concat(p.CertPEM, l.issuer.CertPEM)
	switch how {
	case 0:
		a.what = "bundle"
		f := part{c.file("pem"), slices.Concat(chain, p.KeyPEM)}
		a.wants = append(a.wants, want{"bundle", f.name, f.data})
		return c.upload(l, a, "", f)
	case 1:
		a.what = "two files"
		f := part{c.file("pem"), chain}
		a.wants = append(a.wants, want{"bundle", f.name, f.data})
		return c.upload(l, a, "", f, part{c.file("key"), p.KeyPEM})
	case 2:
		a.what = "PFX"
		const word = "source password"
		der, err := pkcs12.Modern2023.Encode(p.Key, p.Cert, []*x509.Certificate{l.issuer.Cert}, word)
		if err != nil {
			return err
		}
		f := part{c.file("pfx"), der}
		a.wants = append(a.wants, want{"pfx", f.name, f.data})
		return c.upload(l, a, word, f)
	}
	a.what = "ingest"
	return c.ingest(l, a, map[string]string{"group": l.name, "cert": string(p.CertPEM), "key": string(p.KeyPEM), "chain": string(l.issuer.CertPEM)})
}

// half sends only the leaf, or only the key.
func (c *crashClient) half(l *lineage, key bool) error {
	p := c.renew(l)
	a := &attempt{done: func() { l.half, l.halfKey = p, key }}
	if key {
		a.what, a.wants = "key first", []want{keyWant(p)}
		return c.upload(l, a, "", part{c.file("key"), p.KeyPEM})
	}
	a.what, a.wants, a.leaf = "leaf first", []want{certWant(p)}, fingerprintOf(p)
	return c.upload(l, a, "", part{c.file("pem"), p.CertPEM})
}

// otherHalf sends what half left out.
func (c *crashClient) otherHalf(l *lineage) error {
	p := l.half
	a := &attempt{leaf: fingerprintOf(p), keyed: true, done: func() { l.half, l.last = nil, p }}
	if l.halfKey {
		a.what, a.wants = "leaf second", []want{certWant(p)}
		return c.upload(l, a, "", part{c.file("pem"), p.CertPEM})
	}
	a.what, a.wants = "key second", []want{keyWant(p)}
	return c.upload(l, a, "", part{c.file("key"), p.KeyPEM})
}

// sameKey renews the certificate of a key that stays.
func (c *crashClient) sameKey(l *lineage) error {
	p := c.renew(l, testcert.Key(l.last.Key))
	a := &attempt{what: "same key", wants: []want{certWant(p)}, leaf: fingerprintOf(p), keyed: true, done: func() { l.last = p }}
	return c.upload(l, a, "", part{c.file("pem"), p.CertPEM})
}

func (c *crashClient) upload(l *lineage, a *attempt, word string, files ...part) error {
	group := l.name
	if l.last == nil && c.rng.IntN(2) == 0 {
		group = "" // it is named after the leaf
	}
	switch c.rng.IntN(4) {
	case 0:
		return c.uploadByForm(l, a, group, word, files)
	case 1:
		a.once = rand.Text()
	}
	a.resend = func() (reply, error) {
		var b bytes.Buffer
		form := multipart.NewWriter(&b)
		for _, f := range files {
			w, _ := form.CreateFormFile("file", f.name)
			_, _ = w.Write(f.data)
		}
		for _, field := range [][2]string{{"group", group}, {"password", word}} { // in one order: a repeated request is the same request
			if field[1] != "" {
				_ = form.WriteField(field[0], field[1])
			}
		}
		_ = form.Close()
		return c.w.call(http.MethodPost, "/api/v1/uploads", c.w.api, form.FormDataContentType(), &b, "Idempotency-Key", a.once)
	}
	return c.attempt(l, a, func(r reply) (string, int, error) {
		var body struct {
			Results []struct {
				Status, Code string
				Group        *struct{ ID, Name string }
				Generation   *int
			}
		}
		if err := decodeJSON(r.body, &body); err != nil || r.status != http.StatusCreated || len(body.Results) != len(files) {
			return "", 0, fmt.Errorf("status %d: %s", r.status, r.body)
		}
		group, number := "", 0
		for _, f := range body.Results {
			if f.Status != "stored" || f.Group == nil || f.Group.Name != l.name {
				return "", 0, fmt.Errorf("a new file was answered with %s", r.body)
			}
			group = f.Group.ID
			if f.Generation != nil {
				number = max(number, *f.Generation)
			}
		}
		return group, number, nil
	})
}

// uploadByForm is upload by the form of the dashboard, which says that all was stored, and not as which generation.
func (c *crashClient) uploadByForm(l *lineage, a *attempt, group, word string, files []part) error {
	a.what += " by form"
	a.resend = func() (reply, error) {
		var b bytes.Buffer
		form := multipart.NewWriter(&b)
		_ = form.WriteField("group", group)
		_ = form.WriteField("password.0", word)
		for _, f := range files {
			w, _ := form.CreateFormFile("file", f.name)
			_, _ = w.Write(f.data)
		}
		_ = form.Close()
		return c.w.call(http.MethodPost, "/dashboard/vault/upload", "", form.FormDataContentType(), &b,
			"Cookie", c.w.session, "Sec-Fetch-Site", "same-origin", "Accept", "text/html")
	}
	return c.attempt(l, a, func(r reply) (string, int, error) {
		if to := r.header.Get("Location"); r.status != http.StatusSeeOther || to != "/dashboard/vault" {
			return "", 0, fmt.Errorf("status %d to %q: %s", r.status, to, r.body)
		}
		a.stored = true
		c.w.byForm.Add(1)
		return c.lookUp(l, a.leaf)
	})
}

// lookUp asks the API where a change went: the group's id, and the number of the leaf's generation, 0 without a leaf. It answers
// errStop when nobody knows.
func (c *crashClient) lookUp(l *lineage, leaf string) (group string, number int, err error) {
	ask := func(path string, v any) error {
		r, err := c.w.call(http.MethodGet, path, c.w.api, "", nil)
		switch {
		case uncertain(r, err):
			return errStop
		case r.status != http.StatusOK:
			return fmt.Errorf("GET %s: %d %s", path, r.status, r.body)
		}
		return decodeJSON(r.body, v)
	}
	var groups struct{ Items []groupRow }
	if err := ask("/api/v1/groups?limit=200", &groups); err != nil {
		return "", 0, err
	}
	at := slices.IndexFunc(groups.Items, func(g groupRow) bool { return g.Name == l.name })
	if at < 0 {
		return "", 0, errors.New("it was stored, and its group is not there")
	}
	group = groups.Items[at].ID
	if leaf == "" {
		return group, 0, nil
	}
	var generations struct{ Items []generationRow }
	if err := ask("/api/v1/groups/"+group+"/generations", &generations); err != nil {
		return "", 0, err
	}
	at = slices.IndexFunc(generations.Items, func(g generationRow) bool { return g.Leaf.Fingerprint == leaf })
	if at < 0 {
		return "", 0, errors.New("it was stored, and no generation has its leaf")
	}
	return group, generations.Items[at].Number, nil
}

func (c *crashClient) ingest(l *lineage, a *attempt, body map[string]string) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	a.resend = func() (reply, error) {
		return c.w.call(http.MethodPost, "/api/ingest", c.w.ingest, "application/json", bytes.NewReader(b))
	}
	return c.attempt(l, a, func(r reply) (string, int, error) {
		var body struct {
			Group      struct{ ID, Name string }
			Generation int
		}
		if err := decodeJSON(r.body, &body); err != nil || r.status != http.StatusCreated || body.Group.Name != l.name {
			return "", 0, fmt.Errorf("status %d: %s", r.status, r.body)
		}
		return body.Group.ID, body.Generation, nil
	})
}

// attempt carries out a change of the group's generations. read answers the group's id, when it is told, and the number.
func (c *crashClient) attempt(l *lineage, a *attempt, read func(reply) (string, int, error)) error {
	c.note(l, a.what)
	l.open = a
	r, err := a.resend()
	if uncertain(r, err) {
		return errStop
	}
	group, number, err := read(r)
	if err != nil {
		return fmt.Errorf("%s in %s: %w", a.what, l.name, err)
	}
	if l.id == "" {
		l.id = group
	} else if group != "" && group != l.id {
		return fmt.Errorf("%s: the group %s has another id now", a.what, l.name)
	}
	l.open = nil
	c.w.acknowledged.Add(1)
	if a.leaf == "" && number != 0 {
		return fmt.Errorf("%s in %s made generation %d", a.what, l.name, number)
	}
	if a.leaf != "" {
		if err := l.learn(number, a.leaf, a.keyed); err != nil {
			return fmt.Errorf("%s in %s: %w", a.what, l.name, err)
		}
	}
	c.settled(l, a)
	return c.served(l)
}

// settled notes a change that was carried out.
func (c *crashClient) settled(l *lineage, a *attempt) {
	if a.keyed {
		l.current = map[string]bool{a.leaf: true}
	}
	a.done()
	c.w.keep(a.wants)
}

// learn notes a generation. Numbers rise and never stand for something else.
func (l *lineage) learn(number int, fingerprint string, keyed bool) error {
	switch was, ok := l.known[number]; {
	case number < 1:
		return errors.New("no generation was named")
	case ok && was != fingerprint:
		return fmt.Errorf("generation %d was given twice", number)
	case !ok && number <= l.top:
		return fmt.Errorf("generation %d came after %d", number, l.top)
	case !ok && slices.Contains(slices.Collect(maps.Values(l.known)), fingerprint):
		return fmt.Errorf("generation %d has a leaf that has a generation already", number)
	}
	l.known[number], l.keyed[number] = fingerprint, keyed || l.keyed[number]
	l.top = max(l.top, number)
	return nil
}

// served asks for what was just acknowledged the way a device does.
func (c *crashClient) served(l *lineage) error {
	if l.token == "" {
		return nil
	}
	r, err := c.w.fetch(l.token, "bundle")
	if uncertain(r, err) {
		return errStop
	}
	number, leaf, err := bundleOf(r)
	if err != nil {
		return fmt.Errorf("fetch of %s: %w", l.name, err)
	}
	if !l.current[leaf] || l.known[number] != leaf {
		return fmt.Errorf("%s serves generation %d, which is not what was acknowledged", l.name, number)
	}
	return nil
}

func (c *crashClient) activate(l *lineage) error {
	var numbers []int // the store keeps at least the last ten
	for n := range l.known {
		if l.keyed[n] && n > l.top-9 {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	if len(numbers) == 0 || l.id == "" {
		return nil
	}
	n := numbers[c.rng.IntN(len(numbers))]
	c.note(l, "activate "+strconv.Itoa(n))
	l.current[l.known[n]] = true // until it is known, either
	r, err := c.w.call(http.MethodPost, fmt.Sprintf("/api/v1/groups/%s/generations/%d/activate", l.id, n), c.w.api, "", nil)
	if uncertain(r, err) {
		return errStop
	}
	if r.status != http.StatusOK {
		return fmt.Errorf("activate %d of %s: %d %s", n, l.name, r.status, r.body)
	}
	l.current = map[string]bool{l.known[n]: true}
	return c.served(l)
}

func (c *crashClient) target(l *lineage) error {
	if l.id == "" {
		return nil
	}
	c.serial++
	name := fmt.Sprintf("t%dn%d", c.id, c.serial)
	c.note(l, "target "+name)
	c.targets[name] = rand.Text() + " " + l.id
	return c.makeTarget(name)
}

// makeTarget asks for a target with the key it is known by, for the first time or again.
func (c *crashClient) makeTarget(name string) error {
	key, group, _ := strings.Cut(c.targets[name], " ")
	r, err := c.w.callJSON(http.MethodPost, "/api/v1/targets", map[string]string{"name": name, "type": "pull", "group": group}, "Idempotency-Key", key)
	var made struct{ Name, Token string }
	switch {
	case uncertain(r, err):
		return errStop
	case r.status == http.StatusConflict && r.code() == "in_progress":
		return nil // its reservation has not run out
	case r.status == http.StatusConflict && r.code() == "already_done":
	case r.status != http.StatusCreated || decodeJSON(r.body, &made) != nil || made.Name != name:
		return fmt.Errorf("make target %s: %d %s", name, r.status, r.body)
	default:
		if f, err := c.w.fetch(made.Token, "cert"); !uncertain(f, err) && f.status != http.StatusOK {
			return fmt.Errorf("the token of target %s: %d %s", name, f.status, f.body)
		}
	}
	c.targets[name] = ""
	return nil
}

func (c *crashClient) password(l *lineage) error {
	if l.id == "" {
		return nil
	}
	word := rand.Text()
	c.note(l, "password")
	l.words = append(l.words, word)
	r, err := c.w.callJSON(http.MethodPatch, "/api/v1/groups/"+l.id, map[string]string{"password": word})
	if uncertain(r, err) {
		return errStop
	}
	if r.status != http.StatusOK {
		return fmt.Errorf("password of %s: %d %s", l.name, r.status, r.body)
	}
	l.words = []string{word}
	return nil
}

// buildPFX builds with the group's password, which gives the same bytes each time.
func (c *crashClient) buildPFX(l *lineage) error {
	if l.id == "" || len(l.words) != 1 || l.words[0] == "" || len(l.current) != 1 {
		return nil
	}
	c.note(l, "PFX")
	r, err := c.w.callJSON(http.MethodPost, "/api/v1/groups/"+l.id+"/pfx", map[string]string{"preset": "modern"})
	if uncertain(r, err) {
		return errStop
	}
	if r.status != http.StatusOK {
		return fmt.Errorf("PFX of %s: %d %s", l.name, r.status, r.body)
	}
	return l.pfxIs(r.body)
}

// pfxIs holds a PFX against the passwords that may be set, the current leaf, and the bytes of earlier builds.
func (l *lineage) pfxIs(der []byte) error {
	for _, word := range l.words {
		if word == "" {
			continue
		}
		key, leaf, _, err := pkcs12.DecodeChain(der, word)
		if err != nil {
			continue
		}
		fingerprint := sumOf(leaf.Raw)
		switch before := l.pfx[fingerprint+word]; {
		case !samePublic(key, leaf):
			return fmt.Errorf("the PFX of %s holds a key of another certificate", l.name)
		case !l.current[fingerprint]:
			return fmt.Errorf("the PFX of %s holds a certificate that is not current", l.name)
		case before != nil && !bytes.Equal(before, der):
			return fmt.Errorf("the PFX of %s was built twice and differs", l.name)
		}
		l.pfx[fingerprint+word], l.words = der, []string{word}
		return nil
	}
	return fmt.Errorf("the PFX of %s opens with none of the passwords that were set", l.name)
}

func (c *crashClient) note(l *lineage, what string) {
	c.log = append(c.log, what+" in "+l.name)
	c.log = c.log[max(0, len(c.log)-8):]
}

// uncertain says that nobody knows whether a request was carried out: the server, or its database, was lost meanwhile.
func uncertain(r reply, err error) bool {
	return err != nil || r.status == http.StatusServiceUnavailable
}

func decodeJSON(b []byte, v any) error {
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("the answer is no JSON of that shape: %w", err)
	}
	return nil
}

// call makes a request of the API. headers are names and values; those without a value are left out.
func (w *crashWorld) call(method, path, token, contentType string, body io.Reader, headers ...string) (reply, error) {
	r, err := http.NewRequest(method, w.url+path, body)
	if err != nil {
		return reply{}, err
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i+1] != "" {
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	return send(w.http, r)
}

func (w *crashWorld) callJSON(method, path string, body any, headers ...string) (reply, error) {
	b, err := json.Marshal(body)
	if err != nil {
		return reply{}, err
	}
	return w.call(method, path, w.api, "application/json", bytes.NewReader(b), headers...)
}

func (w *crashWorld) fetch(token, kind string) (reply, error) {
	return w.call(http.MethodGet, "/api/push/fetch?kind="+kind, token, "", nil)
}

// bundleOf answers number and fingerprint of a fetched bundle whose key and certificate belong together.
func bundleOf(r reply) (number int, fingerprint string, err error) {
	if r.status != http.StatusOK {
		return 0, "", fmt.Errorf("status %d: %s", r.status, r.body)
	}
	number, err = strconv.Atoi(r.header.Get("X-Ignisfox-Generation"))
	if err != nil {
		return 0, "", errors.New("no generation is named")
	}
	leaf, key, err := pairOf(r.body)
	if err != nil {
		return number, "", err
	}
	if !samePublic(key, leaf) {
		return number, "", errors.New("MIXED PAIR: the key is of another certificate")
	}
	return number, sumOf(leaf.Raw), nil
}
