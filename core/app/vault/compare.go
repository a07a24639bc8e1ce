package vault

import (
	"context"
	"slices"
	"strings"

	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/ports"
)

// Changes is what activating a generation would alter. Empty fields stay as they are.
type Changes struct {
	NamesAdded   []string
	NamesRemoved []string
	Issuer       *FromTo
	KeyType      *FromTo
	NotAfter     *FromTo
	Usage        *FromTo // extended key usage in words, such as "TLS server, TLS client"; "any" when it says nothing of that
	Trusted      *FromTo // whether it leads to a root of this server: "yes" or "no"
	Chain        *FromTo // the certificates above it, from its issuer on, each with the first digits of its fingerprint; or "none"
	Key          *FromTo // "yes" or "no"
}

// None says whether nothing would change but the certificate itself.
func (c *Changes) None() bool {
	for _, f := range []*FromTo{c.Issuer, c.KeyType, c.NotAfter, c.Usage, c.Trusted, c.Chain, c.Key} {
		if f != nil {
			return false
		}
	}
	return len(c.NamesAdded)+len(c.NamesRemoved) == 0
}

// FromTo is a fact before and after.
type FromTo struct{ From, To string }

// comparer compares generations of one group, and opens each certificate once.
type comparer struct {
	s      *Service
	tx     ports.Tx
	opened map[artifact.ID]*cert.Certificate
}

func (c *comparer) compare(ctx context.Context, cur, next *Generation) (*Changes, error) {
	was, err := c.look(ctx, cur)
	if err != nil {
		return nil, err
	}
	is, err := c.look(ctx, next)
	if err != nil {
		return nil, err
	}
	return &Changes{
		NamesAdded:   without(next.Leaf.SANs, cur.Leaf.SANs),
		NamesRemoved: without(cur.Leaf.SANs, next.Leaf.SANs),
		Issuer:       fromTo(cur.Leaf.Issuer, next.Leaf.Issuer),
		KeyType:      fromTo(keyFact(cur.Leaf), keyFact(next.Leaf)),
		NotAfter:     fromTo(day(cur.Leaf.NotAfter), day(next.Leaf.NotAfter)),
		Usage:        fromTo(was.usage, is.usage),
		Trusted:      fromTo(yesNo(was.trusted), yesNo(is.trusted)),
		Chain:        fromTo(links(cur.Chain), links(next.Chain)),
		Key:          fromTo(yesNo(cur.Key != nil), yesNo(next.Key != nil)),
	}, nil
}

// inside is what only the certificates themselves tell of a generation.
type inside struct {
	usage   string
	trusted bool
}

func (c *comparer) look(ctx context.Context, g *Generation) (in inside, err error) {
	leaf, err := c.open(ctx, g.Leaf.ID)
	if err != nil {
		return in, err
	}
	var chain []*cert.Certificate
	for _, a := range g.Chain {
		link, err := c.open(ctx, a.ID)
		if err != nil {
			return in, err
		}
		chain = append(chain, link)
	}
	// Trust is asked for the time in which it is valid, as for activation: that it expired is told by its end.
	in.usage, in.trusted = usageOf(leaf), cert.TrustedWhenValid(leaf, chain, c.s.Intake.Roots)
	return in, nil
}

func (c *comparer) open(ctx context.Context, id artifact.ID) (*cert.Certificate, error) {
	if known := c.opened[id]; known != nil {
		return known, nil
	}
	opened, err := intake.Certificate(ctx, c.tx, c.s.Sealer, id)
	c.opened[id] = opened
	return opened, err
}

// usageOf answers what a certificate may be used for, in the same words and order whichever order it is written in.
func usageOf(c *cert.Certificate) string {
	list := extKeyUsages(c.X509)
	if len(list) == 0 {
		return "any"
	}
	slices.Sort(list)
	return strings.Join(slices.Compact(list), ", ")
}

func without(a, b []string) []string {
	var out []string
	for _, s := range a {
		if !slices.Contains(b, s) {
			out = append(out, s)
		}
	}
	return out
}
