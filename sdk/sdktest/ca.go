package sdktest

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/sdk/ca"
	"github.com/ignisfox/ignisfox/sdk/plugin"
)

// CAAccount is an account of a CA, real or simulated.
type CAAccount struct {
	Access
	// IDs are those of all certificates in the account: five at least, some of them issued.
	IDs []string
}

// CA checks that a plugin that reads certificates keeps its promises. newAccount makes an account until the test ends.
func CA(t *testing.T, start Start, newAccount func(t testing.TB) *CAAccount) {
	r := start(t)
	c, err := newCASuite(t.Context(), r, newAccount)
	if err != nil {
		t.Fatal(err)
	}
	runChecks(t, r, c.suite, c.checks())
}

// caSuite are the promises of a CA plugin.
type caSuite struct {
	*suite
	client     *ca.Client
	newAccount func(testing.TB) *CAAccount
}

func newCASuite(ctx context.Context, r *Running, newAccount func(testing.TB) *CAAccount) (*caSuite, error) {
	s, err := newSuite(ctx, r, plugin.KindCA)
	if err != nil {
		return nil, err
	}
	return &caSuite{s, ca.NewClient(r.Conn), newAccount}, nil
}

func (c *caSuite) checks() []check {
	access := func(t testing.TB) Access { return c.newAccount(t).Access }
	test := func(ctx context.Context, a plugin.Args) error { _, err := c.client.Test(ctx, a); return err }
	return []check{
		c.describes(access, "test", "list", "fetch"),
		{"a test says what it found", c.tests},
		{"pages hold every certificate once, in the same order", c.lists},
		{"certificates are fetched with their chain", c.fetches},
		{"a certificate that is not there is named so", c.misses},
		c.wrongCredentials(access, test),
		c.forbidden(access, test),
		c.nonsense(test),
		{"a call ends with its context", c.ends},
		c.inTime(access, test),
	}
}

func (c *caSuite) tests(ctx context.Context, t testing.TB) error {
	a, err := c.args(c.newAccount(t).Access)
	if err != nil {
		return err
	}
	lines, err := c.client.Test(ctx, a)
	if err == nil && len(lines) == 0 {
		err = errors.New("test: it says nothing")
	}
	c.seen.add(lines)
	return err
}

// maxPages bounds how often the suite asks for one more page.
const maxPages = 1000

// list answers all certificates, asked for in pages of a size.
func (c *caSuite) list(ctx context.Context, a plugin.Args, size int) (all []ca.Certificate, err error) {
	cursor := ""
	for range maxPages {
		p, err := c.client.List(ctx, a, cursor, size)
		if err != nil {
			return nil, fmt.Errorf("list behind %q: %w", cursor, err)
		}
		c.seen.add(p)
		all = append(all, p.Certificates...)
		if p.Next == "" {
			return all, nil
		}
		if p.Next == cursor {
			return nil, fmt.Errorf("list: behind the page %q comes the same page", cursor)
		}
		cursor = p.Next
	}
	return nil, fmt.Errorf("list: no end after %d pages", maxPages)
}

func idsOf(all []ca.Certificate) []string {
	var ids []string
	for _, cert := range all {
		ids = append(ids, cert.ID)
	}
	return ids
}

func (c *caSuite) lists(ctx context.Context, t testing.TB) error {
	account := c.newAccount(t)
	a, err := c.args(account.Access)
	if err != nil {
		return err
	}
	var first []string
	for _, size := range []int{ca.MaxPage, ca.MaxPage, 2, 1} {
		all, err := c.list(ctx, a, size)
		if err != nil {
			return err
		}
		ids := idsOf(all)
		if first == nil {
			first = ids
		}
		if !slices.Equal(ids, first) {
			return fmt.Errorf("in pages of %d the certificates are %v, and were %v", size, ids, first)
		}
	}
	slices.Sort(first)
	if want := slices.Sorted(slices.Values(account.IDs)); !slices.Equal(first, want) || len(want) < 5 {
		return fmt.Errorf("listed are %v, and the account has %v (five at least)", first, want)
	}
	return nil
}

func (c *caSuite) fetches(ctx context.Context, t testing.TB) error {
	a, err := c.args(c.newAccount(t).Access)
	if err != nil {
		return err
	}
	all, err := c.list(ctx, a, ca.MaxPage)
	if err != nil {
		return err
	}
	fetched := 0
	for _, cert := range all {
		if cert.State != ca.Issued {
			continue
		}
		b, err := c.client.Fetch(ctx, a, cert.ID)
		if err != nil {
			return fmt.Errorf("fetch %s: %w", cert.ID, err)
		}
		c.seen.add(b.Certificate, b.Chain)
		if err := agrees(cert, b); err != nil {
			return fmt.Errorf("fetch %s: %w", cert.ID, err)
		}
		fetched++
	}
	if fetched == 0 {
		return errors.New("none of the certificates of the test is issued")
	}
	return nil
}

// agrees checks that a bundle is the certificate that was listed, with the chain that signed it.
func agrees(listed ca.Certificate, b ca.Bundle) error {
	leaf, err := certificates(b.Certificate)
	if err != nil || len(leaf) != 1 {
		return fmt.Errorf("the certificate is not one PEM block: %w", err)
	}
	chain, err := certificates(b.Chain)
	if err != nil {
		return fmt.Errorf("the chain: %w", err)
	}
	switch cert := leaf[0]; {
	case len(chain) > 0 && cert.CheckSignatureFrom(chain[0]) != nil:
		return errors.New("the first of the chain did not sign the certificate")
	case len(chain) > 0 && chain[0].Equal(cert):
		return errors.New("the chain begins with the certificate itself")
	case listed.Serial != "" && listed.Serial != fmt.Sprintf("%x", cert.SerialNumber) && !sameSerial(listed.Serial, cert.SerialNumber):
		return fmt.Errorf("its serial is %x and was listed as %s", cert.SerialNumber, listed.Serial)
	case !listed.NotAfter.IsZero() && !listed.NotAfter.Equal(cert.NotAfter):
		return fmt.Errorf("it ends %s and was listed with %s", cert.NotAfter, listed.NotAfter)
	case !slices.Equal(slices.Sorted(slices.Values(listed.Names)), slices.Sorted(slices.Values(cert.DNSNames))):
		return fmt.Errorf("its names are %v and were listed as %v", cert.DNSNames, listed.Names)
	}
	return nil
}

// sameSerial ignores leading zeros, which some CAs write.
func sameSerial(listed string, n *big.Int) bool {
	return listed == strings.ToLower(listed) && strings.TrimLeft(listed, "0") == fmt.Sprintf("%x", n)
}

func certificates(text []byte) (all []*x509.Certificate, err error) {
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			return all, nil
		}
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("it holds a %s", block.Type)
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		all = append(all, cert)
	}
}

func (c *caSuite) misses(ctx context.Context, t testing.TB) error {
	a, err := c.args(c.newAccount(t).Access)
	if err != nil {
		return err
	}
	_, err = c.client.Fetch(ctx, a, "no-such-certificate-0")
	var p *plugin.Problem
	if !errors.As(err, &p) || p.Code != ca.CodeNotFound {
		return fmt.Errorf("want a problem of code %s, got %w", ca.CodeNotFound, err)
	}
	return nil
}

func (c *caSuite) ends(ctx context.Context, t testing.TB) error {
	account := c.newAccount(t)
	a, err := c.args(account.Access)
	if err != nil {
		return err
	}
	for name, call := range map[string]func(context.Context) error{
		"test":  func(ctx context.Context) error { _, err := c.client.Test(ctx, a); return err },
		"list":  func(ctx context.Context) error { _, err := c.client.List(ctx, a, "", 10); return err },
		"fetch": func(ctx context.Context) error { _, err := c.client.Fetch(ctx, a, account.IDs[0]); return err },
	} {
		if err := c.cancelled(ctx, account.Gate, call); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	_, err = c.client.Test(ctx, a)
	return err
}
