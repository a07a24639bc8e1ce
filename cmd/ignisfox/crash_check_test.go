package main

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// spotChecks is how many of the rows that were read back before are read again after each restart; all of them are at the end.
const spotChecks = 40

type row struct {
	ID, Kind, Filename string
	Group              *struct{ ID, Name string }
	Fingerprint        string `json:"fingerprint_sha256"`
	SPKI               string `json:"spki_sha256"`
}

func (r row) want() string {
	identity := r.Filename
	switch r.Kind {
	case "cert":
		identity = r.Fingerprint
	case "key":
		identity = r.SPKI
	}
	return want{kind: r.Kind, identity: identity}.String()
}

type groupRow struct {
	ID, Name string
	Current  *int
}

// inventory is all that the API lists, read while nothing changes.
type inventory struct {
	rows    map[string]row // by what they are wanted as
	groups  map[string]groupRow
	targets map[string]int // how many have that name
}

// check holds all that is there against all that was acknowledged. The clients stand still meanwhile. What was uncertain is
// certain afterwards.
func (w *crashWorld) check(all bool) error {
	inv, err := w.inventory()
	if err != nil {
		return err
	}
	for _, c := range w.clients {
		for _, l := range c.lineages {
			if err := c.resolve(l, inv); err != nil {
				return fmt.Errorf("%s: %w", l.name, err)
			}
		}
		if err := c.resolveTargets(inv); err != nil {
			return err
		}
	}
	if inv, err = w.inventory(); err != nil { // repeated requests have been carried out
		return err
	}
	if err := w.checkGroups(inv); err != nil {
		return err
	}
	return w.readBack(inv, all)
}

func (w *crashWorld) inventory() (*inventory, error) {
	inv := &inventory{rows: map[string]row{}, groups: map[string]groupRow{}, targets: map[string]int{}}
	err := list(w, "/api/v1/artifacts", func(r row) error {
		if _, twice := inv.rows[r.want()]; twice {
			return fmt.Errorf("%s is there twice", r.want())
		}
		inv.rows[r.want()] = r
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = list(w, "/api/v1/groups", func(g groupRow) error {
		if _, twice := inv.groups[g.Name]; twice {
			return fmt.Errorf("group %s is there twice", g.Name)
		}
		inv.groups[g.Name] = g
		return nil
	})
	if err != nil {
		return nil, err
	}
	return inv, list(w, "/api/v1/targets", func(t struct{ Name string }) error {
		inv.targets[t.Name]++
		return nil
	})
}

// list goes through all pages.
func list[T any](w *crashWorld, path string, each func(T) error) error {
	for cursor := ""; ; {
		var page struct {
			Items []T
			Next  string
		}
		if err := w.get(path+"?limit=200&cursor="+url.QueryEscape(cursor), &page); err != nil {
			return err
		}
		for _, item := range page.Items {
			if err := each(item); err != nil {
				return err
			}
		}
		if cursor = page.Next; cursor == "" {
			return nil
		}
	}
}

func (w *crashWorld) get(path string, v any) error {
	r, err := w.call(http.MethodGet, path, w.api, "", nil)
	if err != nil {
		return err
	}
	if r.status != http.StatusOK {
		return fmt.Errorf("GET %s: %d %s", path, r.status, r.body)
	}
	return decodeJSON(r.body, v)
}

// resolve finds out what became of a change that was not acknowledged: all of it is there, or nothing.
func (c *crashClient) resolve(l *lineage, inv *inventory) error {
	a := l.open
	l.open = nil
	g, there := inv.groups[l.name]
	if a == nil {
		if l.last != nil && !there {
			return errors.New("the group is lost")
		}
		return l.sameGroup(g)
	}
	var found, lost []string
	for _, w := range a.wants {
		if r, ok := inv.rows[w.String()]; ok && r.Group != nil && r.Group.Name == l.name {
			found = append(found, w.String())
		} else {
			lost = append(lost, w.String())
		}
	}
	switch {
	case len(found) > 0 && len(lost) > 0:
		return fmt.Errorf("%s was carried out by halves: there is %v, there is not %v", a.what, found, lost)
	case len(found) == 0 && a.stored:
		return fmt.Errorf("LOST: %s was acknowledged, and there is not %v", a.what, lost)
	case len(found) == 0:
		c.w.undone.Add(1)
		if l.last == nil && there {
			return fmt.Errorf("%s left an empty group", a.what)
		}
	default:
		c.w.found.Add(1)
		if err := l.sameGroup(g); err != nil {
			return err
		}
		c.settled(l, a) // its generation is looked at with the group
	}
	if a.once == "" {
		return l.sameGroup(g)
	}
	return c.again(l, a, len(found) > 0)
}

func (l *lineage) sameGroup(g groupRow) error {
	if l.id == "" {
		l.id = g.ID
	}
	if l.id != g.ID {
		return fmt.Errorf("the group was %s and is %s", l.id, g.ID)
	}
	return nil
}

// again repeats a request under its Idempotency-Key. What had happened does not happen twice.
func (c *crashClient) again(l *lineage, a *attempt, happened bool) error {
	c.w.retried.Add(1)
	r, err := a.resend()
	if err != nil {
		return err
	}
	switch {
	case r.status == http.StatusCreated && !happened:
		c.settled(l, a)
	case r.status == http.StatusCreated && r.header.Get("Idempotency-Replayed") == "true":
	case r.status == http.StatusConflict && r.code() == "already_done" && happened:
	case r.status == http.StatusConflict && r.code() == "in_progress" && !happened: // given up
	default:
		return fmt.Errorf("%s was repeated (it had happened: %v): %d %s", a.what, happened, r.status, r.body)
	}
	return nil
}

func (c *crashClient) resolveTargets(inv *inventory) error {
	for _, name := range slices.Sorted(maps.Keys(c.targets)) {
		n, waits := inv.targets[name], c.targets[name] != ""
		if n > 1 || n == 0 && !waits {
			return fmt.Errorf("there are %d targets %s", n, name)
		}
	}
	if err := c.retryTargets(); err != nil {
		return err
	}
	for name, waits := range c.targets {
		if waits != "" && inv.targets[name] == 1 {
			return fmt.Errorf("target %s was made, and is said to be in progress", name)
		}
	}
	return nil
}

// retryTargets asks once more for every target that nobody knows about.
func (c *crashClient) retryTargets() error {
	for _, name := range slices.Sorted(maps.Keys(c.targets)) {
		if c.targets[name] == "" {
			continue
		}
		c.w.retried.Add(1)
		if err := c.makeTarget(name); err != nil {
			return err
		}
	}
	return nil
}

// pending counts targets that nobody could say anything about yet.
func (w *crashWorld) pending() (n int) {
	for _, c := range w.clients {
		for _, key := range c.targets {
			if key != "" {
				n++
			}
		}
	}
	return n
}

func (w *crashWorld) checkGroups(inv *inventory) error {
	ours := 0
	for _, c := range w.clients {
		for _, l := range c.lineages {
			g, there := inv.groups[l.name]
			if !there {
				continue
			}
			ours++
			if err := l.sameGroup(g); err != nil {
				return err
			}
			if err := w.checkGroup(l, g, inv); err != nil {
				return fmt.Errorf("%s: %w; before: %v", l.name, err, c.log)
			}
		}
	}
	if ours != len(inv.groups) {
		return fmt.Errorf("there are %d groups, of which %d were made by anybody", len(inv.groups), ours)
	}
	return nil
}

type generationRow struct {
	Number int
	State  string
	Leaf   row
	Key    *row
	Chain  []row
}

// checkGroup holds the generations of a group against what is known of them, and what devices get against both.
func (w *crashWorld) checkGroup(l *lineage, g groupRow, inv *inventory) error {
	var page struct{ Items []generationRow }
	if err := w.get("/api/v1/groups/"+g.ID+"/generations", &page); err != nil {
		return err
	}
	slices.SortFunc(page.Items, func(a, b generationRow) int { return a.Number - b.Number })
	current, leaf := 0, ""
	fingerprints := map[string]bool{}
	for _, gen := range page.Items {
		fingerprints[gen.Leaf.Fingerprint] = true
		fresh := l.known[gen.Number] == "" || gen.Key != nil && !l.keyed[gen.Number]
		if err := l.learn(gen.Number, gen.Leaf.Fingerprint, gen.Key != nil); err != nil {
			return err
		}
		if gen.State == "current" {
			if current != 0 {
				return errors.New("two generations are current")
			}
			current, leaf = gen.Number, gen.Leaf.Fingerprint
		}
		if gen.Key == nil {
			if l.half == nil || fingerprintOf(l.half) != gen.Leaf.Fingerprint {
				return fmt.Errorf("generation %d lost its key", gen.Number)
			}
			continue
		}
		if err := w.checkPair(gen, fresh || gen.State == "current"); err != nil {
			return fmt.Errorf("generation %d: %w", gen.Number, err)
		}
	}
	if g.Current == nil || *g.Current != current || !l.current[leaf] {
		return fmt.Errorf("generation %d is current, which nobody asked for", current)
	}
	l.current = map[string]bool{leaf: true}
	if l.last != nil && !fingerprints[fingerprintOf(l.last)] {
		return errors.New("the newest generation is lost")
	}
	return w.checkPull(l, current, leaf)
}

// checkPair compares the public keys of a generation's leaf and key; from the rows themselves when deep.
func (w *crashWorld) checkPair(gen generationRow, deep bool) error {
	if gen.Leaf.SPKI != gen.Key.SPKI {
		return errors.New("MIXED PAIR by the list")
	}
	if !deep {
		return nil
	}
	cert, err := w.download(gen.Leaf.ID)
	if err != nil {
		return err
	}
	text, err := w.download(gen.Key.ID)
	if err != nil {
		return err
	}
	leaf, key, err := pairOf(slices.Concat(cert, text))
	if err != nil {
		return err
	}
	if !samePublic(key, leaf) {
		return errors.New("MIXED PAIR in the vault")
	}
	return nil
}

// checkPull fetches every kind: each is of the current generation, and together they are one pair.
func (w *crashWorld) checkPull(l *lineage, current int, leaf string) error {
	if l.token == "" {
		r, err := w.callJSON(http.MethodPost, "/api/v1/targets", map[string]string{"name": "check", "type": "pull", "group": l.id})
		var made struct{ Token string }
		if err != nil || r.status != http.StatusCreated || decodeJSON(r.body, &made) != nil {
			return fmt.Errorf("a target of it: %w %d %s", err, r.status, r.body)
		}
		l.token = made.Token
		w.addToken(l.token)
	}
	bodies := map[string][]byte{}
	kinds := []string{"cert", "chain", "fullchain", "key", "bundle"}
	if !slices.Contains(l.words, "") {
		kinds = append(kinds, "pfx")
	}
	for _, kind := range kinds {
		r, err := w.fetch(l.token, kind)
		if err != nil {
			return err
		}
		if r.status != http.StatusOK || r.header.Get("X-Ignisfox-Generation") != strconv.Itoa(current) {
			return fmt.Errorf("HALF GROUP: generation %d is current, kind %s answers %d %q %s", current, kind, r.status, r.header.Get("X-Ignisfox-Generation"), r.body)
		}
		bodies[kind] = r.body
	}
	if pfx := bodies["pfx"]; pfx != nil {
		if err := l.pfxIs(pfx); err != nil {
			return err
		}
	}
	cert := blocks(bodies["cert"])
	switch {
	case len(cert) != 1 || sumOf(cert[0].Bytes) != leaf:
		return errors.New("the fetched certificate is not the current one")
	case !bytes.Equal(bodies["fullchain"], slices.Concat(bodies["cert"], bodies["chain"])):
		return errors.New("the fetched fullchain is not certificate and chain")
	case !bytes.Equal(bodies["bundle"], slices.Concat(bodies["fullchain"], bodies["key"])):
		return errors.New("the fetched bundle is not fullchain and key")
	case !bytes.Equal(bodies["chain"], l.issuer.CertPEM):
		return errors.New("the fetched chain is not the issuer")
	}
	c, key, err := pairOf(bodies["bundle"])
	if err != nil {
		return err
	}
	if !samePublic(key, c) {
		return errors.New("MIXED PAIR fetched")
	}
	return nil
}

// readBack downloads what was acknowledged and compares it byte for byte.
func (w *crashWorld) readBack(inv *inventory, all bool) error {
	for i, kept := range w.kept {
		r, ok := inv.rows[kept.String()]
		if !ok {
			return fmt.Errorf("LOST: %s was acknowledged and is not in the vault", kept)
		}
		if !all && i < w.readTo && w.rng.IntN(max(1, w.readTo/spotChecks)) != 0 {
			continue
		}
		got, err := w.download(r.ID)
		if err != nil {
			return fmt.Errorf("%s: %w", kept, err)
		}
		if !bytes.Equal(got, kept.data) {
			return fmt.Errorf("%s is not byte for byte what was sent: %d bytes, not %d", kept, len(got), len(kept.data))
		}
		w.verified++
	}
	w.readTo = len(w.kept)
	return nil
}

func (w *crashWorld) download(id string) ([]byte, error) {
	r, err := w.call(http.MethodGet, "/api/v1/artifacts/"+id+"/download", w.api, "", nil)
	if err != nil {
		return nil, err
	}
	if r.status != http.StatusOK {
		return nil, fmt.Errorf("download of %s: %d %s", id, r.status, r.body)
	}
	return r.body, nil
}

func sumOf(der []byte) string {
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

func blocks(text []byte) (out []*pem.Block) {
	for b, rest := pem.Decode(text); b != nil; b, rest = pem.Decode(rest) {
		out = append(out, b)
	}
	return out
}

// pairOf answers the first certificate and the key of a text.
func pairOf(text []byte) (leaf *x509.Certificate, key any, err error) {
	for _, b := range blocks(text) {
		switch {
		case b.Type == "CERTIFICATE" && leaf == nil:
			if leaf, err = x509.ParseCertificate(b.Bytes); err != nil {
				return nil, nil, err
			}
		case b.Type == "PRIVATE KEY":
			if key, err = x509.ParsePKCS8PrivateKey(b.Bytes); err != nil {
				return nil, nil, err
			}
		}
	}
	if leaf == nil || key == nil {
		return nil, nil, fmt.Errorf("certificate or key is missing in %d blocks", len(blocks(text)))
	}
	return leaf, key, nil
}

func samePublic(key any, leaf *x509.Certificate) bool {
	signer, ok := key.(crypto.Signer)
	if !ok {
		return false
	}
	public, ok := signer.Public().(*ecdsa.PublicKey)
	return ok && public.Equal(leaf.PublicKey)
}
