package sdktest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/sdk/dns"
	"github.com/ignisfox/ignisfox/sdk/plugin"
)

// DNSAccount is an account at a DNS provider, real or simulated.
type DNSAccount struct {
	Access
	Zone string                // one of its zones: "example.com"
	TXT  func(string) []string // the TXT values of a full name as they are now, in any order
}

// DNS checks that a plugin that publishes records keeps its promises. newAccount makes an account until the test ends.
func DNS(t *testing.T, start Start, newAccount func(t testing.TB) *DNSAccount) {
	r := start(t)
	d, err := newDNSSuite(t.Context(), r, newAccount)
	if err != nil {
		t.Fatal(err)
	}
	runChecks(t, r, d.suite, d.checks())
}

// dnsSuite are the promises of a DNS plugin.
type dnsSuite struct {
	*suite
	client     *dns.Client
	newAccount func(testing.TB) *DNSAccount
}

func newDNSSuite(ctx context.Context, r *Running, newAccount func(testing.TB) *DNSAccount) (*dnsSuite, error) {
	s, err := newSuite(ctx, r, plugin.KindDNS)
	if err != nil {
		return nil, err
	}
	return &dnsSuite{s, dns.NewClient(r.Conn), newAccount}, nil
}

func (d *dnsSuite) checks() []check {
	access := func(t testing.TB) Access { return d.newAccount(t).Access }
	test := func(ctx context.Context, a plugin.Args) error { _, err := d.client.Test(ctx, a); return err }
	return []check{
		d.describes(access, "test", "publish", "remove"),
		{"a test names the zones and changes nothing", d.tests},
		{"values stand beside each other, and each is removed alone", d.publishes},
		{"publishing the same again adds nothing", d.again},
		{"values published at once are all there", d.atOnce},
		{"a name in no zone is named so", d.misses},
		d.wrongCredentials(access, test),
		d.forbidden(access, test),
		d.nonsense(test),
		{"a call ends with its context", d.ends},
		d.inTime(access, test),
	}
}

const dnsTTL = 2 * time.Minute

// open makes an account, its arguments and a name in its zone.
func (d *dnsSuite) open(t testing.TB) (*DNSAccount, plugin.Args, string, error) {
	account := d.newAccount(t)
	a, err := d.args(account.Access)
	return account, a, "_acme-challenge.www.sub." + account.Zone, err
}

// has checks the values of a name.
func has(account *DNSAccount, name, when string, want ...string) error {
	got := slices.Sorted(slices.Values(account.TXT(name)))
	slices.Sort(want)
	if !slices.Equal(got, want) {
		return fmt.Errorf("%s %s has the values %q, not %q", when, name, got, want)
	}
	return nil
}

func (d *dnsSuite) tests(ctx context.Context, t testing.TB) error {
	account, a, name, err := d.open(t)
	if err != nil {
		return err
	}
	zones, err := d.client.Test(ctx, a)
	if err != nil {
		return fmt.Errorf("test: %w", err)
	}
	d.seen.add(zones)
	if !slices.Contains(zones, account.Zone) {
		return fmt.Errorf("test: the zones are %q, without %q", zones, account.Zone)
	}
	return has(account, name, "after a test")
}

func (d *dnsSuite) publishes(ctx context.Context, t testing.TB) error {
	account, a, name, err := d.open(t)
	if err != nil {
		return err
	}
	first, err := d.client.Publish(ctx, a, name, "first-value", dnsTTL)
	if err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	second, err := d.client.Publish(ctx, a, name, "second-value", dnsTTL)
	if err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	d.seen.add(first, second)
	if first.Zone != account.Zone {
		return fmt.Errorf("publish: the zone is %q, not %q", first.Zone, account.Zone)
	}
	if err := has(account, name, "after two values", "first-value", "second-value"); err != nil {
		return err
	}
	for _, when := range []string{"after the first was removed", "after it was removed again"} {
		if err := d.client.Remove(ctx, a, first); err != nil {
			return fmt.Errorf("remove, %s: %w", when, err)
		}
		if err := has(account, name, when, "second-value"); err != nil {
			return err
		}
	}
	if err := d.client.Remove(ctx, a, second); err != nil {
		return fmt.Errorf("remove: %w", err)
	}
	return has(account, name, "at the end")
}

func (d *dnsSuite) again(ctx context.Context, t testing.TB) error {
	account, a, name, err := d.open(t)
	if err != nil {
		return err
	}
	first, err := d.client.Publish(ctx, a, name, "the-value", dnsTTL)
	if err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	second, err := d.client.Publish(ctx, a, name, "the-value", dnsTTL)
	if err != nil {
		return fmt.Errorf("publish again: %w", err)
	}
	if first != second {
		return fmt.Errorf("publish again: the record is %+v, and was %+v", second, first)
	}
	if err := has(account, name, "after publishing twice", "the-value"); err != nil {
		return err
	}
	if err := d.client.Remove(ctx, a, second); err != nil {
		return fmt.Errorf("remove: %w", err)
	}
	return has(account, name, "at the end")
}

// atOnce is where a plugin fails that reads all values of a name and writes them back.
func (d *dnsSuite) atOnce(ctx context.Context, t testing.TB) error {
	account, a, name, err := d.open(t)
	if err != nil {
		return err
	}
	values := []string{"value-1", "value-2", "value-3", "value-4"}
	ended := make(chan error)
	for _, v := range values {
		go func() { _, err := d.client.Publish(ctx, a, name, v, dnsTTL); ended <- err }()
	}
	var failed []error
	for range values {
		failed = append(failed, <-ended)
	}
	return errors.Join(append(failed, has(account, name, "after four values at once", values...))...)
}

func (d *dnsSuite) misses(ctx context.Context, t testing.TB) error {
	account, a, _, err := d.open(t)
	if err != nil {
		return err
	}
	for _, name := range []string{"_acme-challenge.not-ours.invalid", "_acme-challenge.prefix" + account.Zone} {
		_, err = d.client.Publish(ctx, a, name, "v", dnsTTL)
		if err := d.wantProblem(err, dns.CodeNoZone, "", true); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func (d *dnsSuite) ends(ctx context.Context, t testing.TB) error {
	account, a, name, err := d.open(t)
	if err != nil {
		return err
	}
	record, err := d.client.Publish(ctx, a, name, "before", dnsTTL)
	if err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	for what, call := range map[string]func(context.Context) error{
		"test":    func(ctx context.Context) error { _, err := d.client.Test(ctx, a); return err },
		"publish": func(ctx context.Context) error { _, err := d.client.Publish(ctx, a, name, "v", dnsTTL); return err },
		"remove":  func(ctx context.Context) error { return d.client.Remove(ctx, a, record) },
	} {
		if err := d.cancelled(ctx, account.Gate, call); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	if err := d.client.Remove(ctx, a, record); err != nil {
		return fmt.Errorf("after the provider hung: %w", err)
	}
	return has(account, name, "at the end")
}
