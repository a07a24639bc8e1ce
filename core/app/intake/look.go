package intake

import (
	"context"
	"slices"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/fault"
)

// Look is what one file is, before anything of it is stored.
type Look struct {
	File         string // its name, safe to show
	Name         string // friendly name it would get
	Status       Status // Stored when it can be stored, else Unknown or Refused
	Code         string
	Message      string // the reason in plain words, empty when there is none to tell
	Kind         cert.Kind
	Certificates int
	Keys         int
	Leaf         *artifact.Artifact // facts of its first end-entity certificate, or of its first certificate; nil without any
	Key          *artifact.Artifact // facts of its first key; nil without any
	Match        string             // another file of the request that holds the other half of its pair
	Group        string             // name of the group that Store would put it into when none is given; empty for none
}

// Look says what files are, as Store would see them, and stores nothing. The caller has asked actor.Allow. Bounds and faults are
// those of Store; a file that is refused does not spoil the others.
func (s *Service) Look(ctx context.Context, files []File) ([]Look, error) {
	switch n := len(files); {
	case n == 0:
		return nil, fault.New(fault.Invalid, "no_file", "There is no file in the request.").Field("file", "Choose at least one file.")
	case n > MaxFiles:
		return nil, fault.New(fault.TooLarge, "too_many_files", "Send at most 20 files at a time. Nothing was stored.")
	}
	parsed := make([]*parsedFile, 0, len(files))
	defer func() {
		for _, p := range parsed {
			p.wipe()
		}
	}()
	for _, f := range files {
		p, err := s.parse(ctx, f)
		if err != nil {
			return nil, err
		}
		parsed = append(parsed, p)
	}
	found, err := contentsOf(parsed)
	if err != nil {
		return nil, err
	}
	out := make([]Look, len(parsed))
	for i, p := range parsed {
		out[i] = p.look(found)
		if out[i].Status == Stored {
			out[i].Match = matchOf(parsed, i)
		}
	}
	return out, nil
}

func (p *parsedFile) look(all contents) Look {
	l := Look{File: p.label, Name: p.name, Status: Stored}
	if p.refusal != nil {
		l.Status, l.Code, l.Message = Refused, p.refusal.Code, p.refusal.Message
		return l
	}
	f := p.file
	l.Kind, l.Certificates, l.Keys = f.Kind, len(f.Certificates), len(f.Keys)
	if f.Kind == cert.KindUnknown {
		l.Status, l.Code, l.Message = Unknown, "not_recognised", f.Reason
		if l.Message == "" {
			l.Message = unknownReason
		}
		return l
	}
	if f.LeftOut != "" {
		l.Code, l.Message = PartsLeftOut, "Could not be read, and is kept beside the rest: "+f.LeftOut+"."
	}
	leaf := false
	for _, r := range p.rows(all.leaves) {
		switch a := r.art; {
		case r.cert != nil && (l.Leaf == nil || r.leaf && !leaf):
			l.Leaf, leaf = &a, r.leaf
		case r.key != nil && l.Key == nil:
			l.Key = &a
		}
	}
	l.Group = p.groupWithout(all)
	return l
}

// groupWithout answers the group that the file's leaf, or the leaf of its key, goes to because both came in one request.
func (p *parsedFile) groupWithout(all contents) string {
	for _, leaf := range all.leaves {
		if !slices.ContainsFunc(all.keys, func(k *cert.Key) bool { return k.SPKI == leaf.SPKI }) {
			continue
		}
		mine := slices.ContainsFunc(p.file.Certificates, func(c *cert.Certificate) bool { return c.Fingerprint == leaf.Fingerprint }) ||
			slices.ContainsFunc(p.file.Keys, func(k *cert.Key) bool { return k.SPKI == leaf.SPKI })
		if mine {
			return groupName(leaf)
		}
	}
	return ""
}

// matchOf answers the name of the first other file with the certificate of this one's key, or the key of its certificate.
func matchOf(files []*parsedFile, i int) string {
	for j, o := range files {
		if j == i || o.file == nil {
			continue
		}
		for _, k := range files[i].file.Keys {
			if slices.ContainsFunc(o.file.Certificates, func(c *cert.Certificate) bool { return c.SPKI == k.SPKI }) {
				return o.label
			}
		}
		for _, c := range files[i].file.Certificates {
			if slices.ContainsFunc(o.file.Keys, func(k *cert.Key) bool { return k.SPKI == c.SPKI }) {
				return o.label
			}
		}
	}
	return ""
}
