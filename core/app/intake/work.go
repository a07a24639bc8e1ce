package intake

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/audit"
	"github.com/ignisfox/ignisfox/core/cert"
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

	group  *Ref            // named by the request
	groups map[string]*Ref // by leaf fingerprint and key SPKI: where a leaf that came with its key goes
	placed []placed
	made   map[string]int // generation made or completed last, by group
}

// placed is a row that is new in its group, or new among the ungrouped.
type placed struct {
	art artifact.Artifact
	row row
}

func (w *work) run(ctx context.Context) (Result, error) {
	w.placed, w.made = nil, map[string]int{}
	// Taking the end of the audit chain first lets the intakes of one tenant pass one after the other: a leaf and its
	// key that arrive at the same moment see each other.
	if _, _, err := w.tx.Audit().Last(ctx); err != nil {
		return Result{}, err
	}
	if err := w.chooseGroups(ctx); err != nil {
		return Result{}, err
	}
	leaves := w.leaves()
	results := make([]FileResult, len(w.files))
	for i, p := range w.files {
		if p.refusal != nil {
			results[i] = p.refused()
			continue
		}
		r, err := w.storeFile(ctx, p, leaves)
		if err != nil {
			return Result{}, err
		}
		results[i] = r
	}
	if err := w.s.settle(ctx, w.tx, w.actor, w.placed, w.req.Source, w.made); err != nil {
		return Result{}, err
	}
	for i := range results {
		if g := results[i].Group; g != nil {
			results[i].Generation = w.made[g.ID]
		}
	}
	return Result{Files: results}, w.record(ctx, results)
}

func (w *work) contents() (certs []*cert.Certificate, keys []*cert.Key) {
	for _, p := range w.files {
		if p.file != nil {
			certs = append(certs, p.file.Certificates...)
			keys = append(keys, p.file.Keys...)
		}
	}
	return certs, keys
}

func (w *work) leaves() []*cert.Certificate { return cert.Leaves(w.contents()) }

// chooseGroups finds or makes the group the request names; without one, a group for each leaf that comes with its key.
func (w *work) chooseGroups(ctx context.Context) error {
	w.groups = map[string]*Ref{}
	if w.req.Group != "" {
		g, err := EnsureGroup(ctx, w.tx, w.req.Group)
		w.group = g
		return err
	}
	_, keys := w.contents()
	for _, leaf := range w.leaves() {
		if !slices.ContainsFunc(keys, func(k *cert.Key) bool { return cert.Pairs(leaf, k) }) {
			continue
		}
		g, err := w.homeOf(ctx, leaf)
		if err != nil {
			return err
		}
		w.groups[leaf.Fingerprint], w.groups[leaf.SPKI] = g, g
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

func groupName(leaf *cert.Certificate) string {
	name := []rune(leaf.Subject)
	if len(name) == 0 {
		name = []rune("certificate " + leaf.Serial)
	}
	return string(name[:min(len(name), GroupNameRunes)])
}

// home answers where a row belongs, nil for nowhere.
func (w *work) home(p *parsedFile, r row) *Ref {
	if w.group != nil {
		return w.group
	}
	switch {
	case r.cert != nil && w.groups[r.cert.Fingerprint] != nil:
		return w.groups[r.cert.Fingerprint]
	case r.key != nil && w.groups[r.key.SPKI] != nil:
		return w.groups[r.key.SPKI]
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

func (w *work) storeFile(ctx context.Context, p *parsedFile, leaves []*cert.Certificate) (FileResult, error) {
	out := FileResult{File: p.label, Status: Duplicate, Code: string(Duplicate), Message: "All of it is in the vault already."}
	for _, r := range p.rows(leaves) {
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
			if out.Status == Duplicate {
				out.Code, out.Message = "in_other_group", "It is in the vault already, in another group, and stays there."
			}
		}
	}
	out.Group = w.resultGroup(out.Artifacts)
	return out, nil
}

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
