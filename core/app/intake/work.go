package intake

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/audit"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// work is one request inside its transaction. It may be thrown away and run again from the start.
type work struct {
	s     *Service
	tx    ports.Tx
	actor tenant.Actor
	req   Request
	files []*parsedFile

	contents
	group  *Ref            // named by the request
	groups map[string]*Ref // by leaf fingerprint and key SPKI: where a leaf that came with its key goes
	placed []placed
}

// placed is a row that is new in its group, or new among the ungrouped.
type placed struct {
	art artifact.Artifact
	row row
}

func (w *work) run(ctx context.Context) (Result, error) {
	w.placed = nil
	// Taking the end of the audit chain first lets the writers of one tenant pass one after the other: a leaf and its
	// key that arrive at the same moment see each other.
	if _, _, err := w.tx.Audit().Last(ctx); err != nil {
		return Result{}, err
	}
	if err := w.chooseGroups(ctx); err != nil {
		return Result{}, err
	}
	results := make([]FileResult, len(w.files))
	for i, p := range w.files {
		if p.refusal != nil {
			results[i] = p.refused()
			continue
		}
		r, err := w.storeFile(ctx, p)
		if err != nil {
			return Result{}, err
		}
		results[i] = r
	}
	if err := w.s.settle(ctx, w.tx, w.actor, w.placed, arrival{source: w.req.Source, keys: w.brought()}); err != nil {
		return Result{}, err
	}
	for i := range results {
		if err := w.placeOf(ctx, &results[i]); err != nil {
			return Result{}, err
		}
	}
	if err := w.replace(ctx, results[0]); err != nil {
		return Result{}, err
	}
	return Result{Files: results}, w.record(ctx, results)
}

// brought answers which private keys whoever asks has themselves. What is read again they left to the vault.
func (w *work) brought() map[string]bool {
	keys := map[string]bool{}
	if w.req.Replaces == "" {
		for _, k := range w.keys {
			keys[k.SPKI] = true
		}
	}
	return keys
}

// replace deletes the unknown row that has now been read.
func (w *work) replace(ctx context.Context, r FileResult) error {
	if w.req.Replaces == "" || len(r.Artifacts) == 0 || r.Artifacts[0].ID == w.req.Replaces {
		return nil
	}
	old, err := w.tx.Artifacts().Get(ctx, w.req.Replaces)
	if err != nil {
		return err
	}
	if err := w.tx.Artifacts().Delete(ctx, old.ID); err != nil {
		return err
	}
	return audit.Record(ctx, w.tx.Audit(), w.s.Sealer, w.actor, w.tx.Now(), tenant.ArtifactDelete, string(old.ID), old.Name,
		map[string]string{"kind": string(old.Kind), "why": "read again"})
}

// placeOf says which generation the file's leaf is in, or its key when it brings no leaf, and with it the group.
func (w *work) placeOf(ctx context.Context, r *FileResult) error {
	var ofLeaf, ofKey *group.Generation
	for _, a := range r.Artifacts {
		if a.Kind != cert.KindCert && a.Kind != cert.KindKey {
			continue
		}
		gens, err := w.tx.Generations().Using(ctx, a.ID)
		if err != nil {
			return err
		}
		for i, g := range gens {
			switch {
			case a.ID == g.Leaf && (ofLeaf == nil || ofLeaf.Number < g.Number):
				ofLeaf = &gens[i]
			case a.ID == g.Key && (r.Group == nil || r.Group.ID == g.Group) && (ofKey == nil || ofKey.Number < g.Number):
				ofKey = &gens[i]
			}
		}
	}
	if ofLeaf == nil {
		ofLeaf = ofKey
	}
	if ofLeaf == nil {
		return nil
	}
	r.Generation = ofLeaf.Number
	if r.Group == nil || r.Group.ID != ofLeaf.Group {
		g, err := w.tx.Groups().Get(ctx, ofLeaf.Group)
		if err != nil {
			return err
		}
		r.Group = &Ref{ID: g.ID, Name: g.Name}
	}
	return nil
}

// chooseGroups finds or makes the group the request names; without one, a group for each leaf that comes with its key.
func (w *work) chooseGroups(ctx context.Context) error {
	w.groups = map[string]*Ref{}
	if w.req.Group != "" {
		g, err := EnsureGroup(ctx, w.tx, w.req.Group)
		w.group = g
		return err
	}
	for _, leaf := range w.leaves {
		if !slices.ContainsFunc(w.keys, func(k *cert.Key) bool { return cert.Pairs(leaf, k) }) {
			continue
		}
		g, err := w.homeOf(ctx, leaf)
		if err != nil {
			return err
		}
		w.groups[leaf.Fingerprint] = g
		if other, taken := w.groups[leaf.SPKI]; taken && (other == nil || other.ID != g.ID) {
			g = nil // several groups need this key: ungrouped, it serves them all
		}
		w.groups[leaf.SPKI] = g
	}
	return nil
}

// homeOf answers the group a leaf lives in already, else the one named after its first name.
func (w *work) homeOf(ctx context.Context, leaf *cert.Certificate) (*Ref, error) {
	same, err := w.tx.Artifacts().Same(ctx, cert.KindCert, leaf.Fingerprint)
	if err != nil {
		return nil, err
	}
	if len(same) > 0 && same[0].Group != "" {
		return &Ref{ID: same[0].Group, Name: same[0].GroupName}, nil
	}
	return EnsureGroup(ctx, w.tx, groupName(leaf))
}

// groupName is the leaf's first name, made usable when it is none.
func groupName(leaf *cert.Certificate) string {
	name := cutName(strings.TrimSpace(leaf.Subject))
	if name == "" {
		name = "certificate " + leaf.Serial
	}
	if CheckGroupName("name", name) != nil {
		name = cutName("certificate " + name)
	}
	return name
}

func cutName(s string) string {
	r := []rune(s)
	return strings.TrimSpace(string(r[:min(len(r), GroupNameRunes)]))
}

// home answers where a row belongs, nil for nowhere.
func (w *work) home(p *parsedFile, r row) *Ref {
	if w.group != nil {
		return w.group
	}
	if r.cert != nil && w.groups[r.cert.Fingerprint] != nil {
		return w.groups[r.cert.Fingerprint]
	}
	if r.key != nil {
		if g, ok := w.groups[r.key.SPKI]; ok {
			return g
		}
	}
	return w.fileHome(p)
}

// fileHome is the group of the first leaf or key in the file that has one: its intermediates and the whole file go there.
func (w *work) fileHome(p *parsedFile) *Ref {
	for _, c := range p.file.Certificates {
		if g := w.groups[c.Fingerprint]; g != nil {
			return g
		}
	}
	for _, k := range p.file.Keys {
		if g := w.groups[k.SPKI]; g != nil {
			return g
		}
	}
	return nil
}

func (w *work) storeFile(ctx context.Context, p *parsedFile) (FileResult, error) {
	out := FileResult{File: p.label, Status: Duplicate, Code: string(Duplicate), Message: "All of it is in the vault already."}
	for _, r := range p.rows(w.leaves) {
		art, outcome, err := w.storeRow(ctx, r, w.home(p, r))
		if err != nil {
			return FileResult{}, fmt.Errorf("store %s: %w", r.art.Kind, err)
		}
		out.Artifacts = append(out.Artifacts, art)
		switch outcome {
		case rowNew:
			out.Status, out.Code, out.Message = Stored, "", "Stored."
			if art.Kind == cert.KindUnknown {
				out.Status, out.Code, out.Message = Unknown, "unknown", art.Reason
			}
		case rowElsewhere:
			if w.req.Strict && (r.leaf || r.key != nil) {
				return FileResult{}, errElsewhere
			}
			if out.Status == Duplicate {
				out.Code, out.Message = "in_other_group", "It is in the vault already, in another group, and stays there."
			}
		}
	}
	if p.file.LeftOut != "" && out.Status == Stored {
		out.Code, out.Message = PartsLeftOut, "Stored, without "+p.file.LeftOut+". The whole file is kept beside what was read."
	}
	out.Group = w.resultGroup(out.Artifacts)
	return out, nil
}

var errElsewhere = fault.New(fault.Invalid, "in_other_group",
	"The vault holds this certificate or key in another group already, and nothing was stored.")

// resultGroup is the group of the first row that is in one.
func (w *work) resultGroup(arts []artifact.Artifact) *Ref {
	for _, a := range arts {
		if a.Group != "" {
			return &Ref{ID: a.Group, Name: a.GroupName}
		}
	}
	return nil
}

func (w *work) record(ctx context.Context, results []FileResult) error {
	counts := map[Status]int{}
	for _, r := range results {
		counts[r.Status]++
	}
	details := map[string]string{"source": string(w.req.Source)}
	for k, n := range maps.All(counts) {
		details[string(k)] = strconv.Itoa(n)
	}
	object, name := "", ""
	if w.group != nil {
		object, name = w.group.ID, w.group.Name
	}
	return audit.Record(ctx, w.tx.Audit(), w.s.Sealer, w.actor, w.tx.Now(), tenant.ArtifactCreate, object, name, details)
}
