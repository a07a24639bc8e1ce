package push_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/app/push"
	"github.com/ignisfox/ignisfox/core/audit"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/core/token"
	"github.com/ignisfox/ignisfox/internal/pgtest"
	"github.com/ignisfox/ignisfox/internal/testcert"
	"github.com/ignisfox/ignisfox/internal/testkit"
	"github.com/ignisfox/ignisfox/ports"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var (
	ctx  = context.Background()
	here = netip.MustParseAddr("192.0.2.1")
)

func services(k *testkit.Kit) (*push.Service, *push.Puller) {
	s := push.New(push.Deps{Store: k.Store, Sealer: k.Sealer, Now: time.Now, BaseURL: "https://ignisfox.example.com"})
	return s, push.NewPuller(push.PullerDeps{Store: k.Store, Sealer: k.Sealer, Forms: k.Forms, Now: time.Now})
}

func fill(t *testing.T, k *testkit.Kit, groupName string, parts ...[]byte) {
	t.Helper()
	var all []byte
	for _, p := range parts {
		all = append(all, p...)
	}
	if _, err := k.Vault.Upload(ctx, k.Owner, intake.Request{Group: groupName, Files: []intake.File{{Filename: "a.pem", Data: all}}}); err != nil {
		t.Fatal(err)
	}
}

func create(t *testing.T, s *push.Service, k *testkit.Kit) (target.Target, secret.String) {
	t.Helper()
	tgt, tok, err := s.Create(ctx, k.Owner, push.NewTarget{Name: "web 1", Type: target.TypePull, Group: "www"})
	if err != nil {
		t.Fatal(err)
	}
	return tgt, tok
}

func works(t *testing.T, p *push.Puller, tok secret.String) bool {
	t.Helper()
	_, hash, ok := token.Parse(tok.Reveal())
	if !ok {
		t.Fatalf("no token: %s", token.Display(tok))
	}
	_, err := p.Authorize(ctx, hash, here)
	if err != nil && !errors.Is(err, push.ErrToken) {
		t.Fatal(err)
	}
	return err == nil
}

func TestTargets(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, k *testkit.Kit) {
		s, p := services(k)
		leaf := testcert.SelfSigned("www.example.com")
		fill(t, k, "www", leaf.CertPEM, leaf.KeyPEM)
		end := time.Now().Add(time.Hour)
		in := push.NewTarget{
			Name: " web 1 ", Type: target.TypePull, Group: "WWW", Tags: []string{"prod", " prod", "edge"},
			Settings: target.Settings{
				ExpiresAt:    &end,
				AllowedCIDRs: []netip.Prefix{netip.MustParsePrefix("192.0.2.77/24"), netip.MustParsePrefix("::ffff:192.0.2.1/120"), netip.MustParsePrefix("2001:db8::1/32")},
			},
		}
		made, tok, err := s.Create(ctx, k.Owner, in)
		if err != nil {
			t.Fatal(err)
		}
		if made.Name != "web 1" || made.GroupName != "www" || made.Wanted != 1 || len(made.Tags) != 2 || made.State() != target.StateNever ||
			made.Settings.PFXPreset != cert.PresetModern || len(made.Tokens) != 1 || made.Tokens[0].Display != token.Display(tok) {
			t.Errorf("made: %+v", made)
		}
		if got := made.Settings.AllowedCIDRs; len(got) != 2 || got[0].String() != "192.0.2.0/24" || got[1].String() != "2001:db8::/32" {
			t.Errorf("networks: %v", got)
		}
		if !works(t, p, tok) {
			t.Error("the new token does not work")
		}
		name, none := "web 2", []netip.Prefix{}
		changed, err := s.Change(ctx, k.Owner, made.ID, push.Change{Name: &name, Settings: &push.SettingsChange{AllowedCIDRs: &none}})
		if err != nil || changed.Name != "web 2" || len(changed.Settings.AllowedCIDRs) != 0 || changed.Settings.ExpiresAt == nil || len(changed.Tags) != 2 {
			t.Errorf("changed: %+v, %v", changed, err)
		}
		changed, err = s.Change(ctx, k.Owner, made.ID, push.Change{Settings: &push.SettingsChange{NeverExpires: true}})
		if err != nil || changed.Settings.ExpiresAt != nil || changed.Name != "web 2" {
			t.Errorf("without expiry: %+v, %v", changed, err)
		}
		page, err := s.List(ctx, k.Owner, target.Query{Limit: 10})
		if err != nil || len(page.Items) != 1 || page.Items[0].ID != made.ID {
			t.Errorf("list: %+v, %v", page, err)
		}
		stranger := k.NewTenant(t, "Others")
		for what, err := range map[string]error{
			"get": second(s.Get(ctx, stranger, made.ID)), "change": second(s.Change(ctx, stranger, made.ID, push.Change{Name: &name})),
			"rotate": second(s.Rotate(ctx, stranger, made.ID, 0)), "delete": s.Delete(ctx, stranger, made.ID),
			"nonsense": s.Delete(ctx, k.Owner, "../x"),
		} {
			if fault.KindOf(err) != fault.NotFound || err == nil {
				t.Errorf("%s by a stranger: %v", what, err)
			}
		}
		if err := s.Delete(ctx, k.Owner, made.ID); err != nil || works(t, p, tok) {
			t.Errorf("deleted: %v, the token works: %v", err, works(t, p, tok))
		}
		audited(t, k, tenant.TargetDelete, tenant.TargetUpdate, tenant.TargetUpdate, tenant.TargetCreate)
	})
}

// A browser left open renames a target and tags it; where its key goes, and from where it is fetched, takes a proof.
func TestWhereAKeyGoesNeedsAProof(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, k *testkit.Kit) {
		s, _ := services(k)
		for _, name := range []string{"www", "other"} {
			leaf := testcert.SelfSigned(name + ".example.com")
			fill(t, k, name, leaf.CertPEM, leaf.KeyPEM)
		}
		end, later, nets := time.Now().Add(time.Hour), time.Now().Add(2*time.Hour), []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
		tgt, _, err := s.Create(ctx, k.Owner, push.NewTarget{Name: "web 1", Type: target.TypePull, Group: "www",
			Settings: target.Settings{ExpiresAt: &end, AllowedCIDRs: nets}})
		if err != nil {
			t.Fatal(err)
		}
		stale := k.Owner
		stale.Session = true
		name, other, same, none, tags := "web 2", "other", "WWW", []netip.Prefix{}, []string{"prod"}
		for what, c := range map[string]push.Change{
			"group":    {Group: &other},
			"networks": {Settings: &push.SettingsChange{AllowedCIDRs: &none}},
			"expiry":   {Settings: &push.SettingsChange{ExpiresAt: &later}},
			"for ever": {Name: &name, Settings: &push.SettingsChange{NeverExpires: true}},
		} {
			if _, err := s.Change(ctx, stale, tgt.ID, c); fault.CodeOf(err) != "confirm_identity" {
				t.Errorf("%s without a proof: %v", what, err)
			}
		}
		got, err := s.Get(ctx, stale, tgt.ID)
		if err != nil || got.GroupName != "www" || got.Name != "web 1" || len(got.Settings.AllowedCIDRs) != 1 || got.Settings.ExpiresAt == nil {
			t.Errorf("a refusal changed the target: %+v, %v", got, err)
		}
		// A form posts all it has: what stays as it is asks for nothing.
		c := push.Change{Name: &name, Tags: &tags, Group: &same, Settings: &push.SettingsChange{AllowedCIDRs: &nets}}
		if got, err = s.Change(ctx, stale, tgt.ID, c); err != nil || got.Name != "web 2" || len(got.Tags) != 1 {
			t.Errorf("name and tags: %+v, %v", got, err)
		}
		fresh := stale
		fresh.Fresh = true
		c = push.Change{Group: &other, Settings: &push.SettingsChange{AllowedCIDRs: &none, NeverExpires: true}}
		if got, err = s.Change(ctx, fresh, tgt.ID, c); err != nil || got.GroupName != "other" || len(got.Settings.AllowedCIDRs) != 0 {
			t.Errorf("after a proof: %+v, %v", got, err)
		}
		if _, err = s.Change(ctx, k.Owner, tgt.ID, push.Change{Group: &same}); err != nil { // a token is asked for none
			t.Error(err)
		}
	})
}

func second[T any](_ T, err error) error { return err }

// audited looks at the newest entries of the trail.
func audited(t *testing.T, k *testkit.Kit, want ...tenant.Action) {
	t.Helper()
	err := k.Store.Tenant(k.Tenant).View(ctx, func(tx ports.Tx) error {
		list, err := tx.Audit().List(ctx, audit.Query{Limit: len(want)})
		for i, e := range list {
			if e.Action != want[i] || e.Actor != k.Owner.Name {
				t.Errorf("entry %d: %s by %s, want %s", i, e.Action, e.Actor, want[i])
			}
			for _, v := range e.Details {
				if strings.Contains(v, "pt_") && len(v) > 12 {
					t.Errorf("the trail holds a token: %s", v)
				}
			}
		}
		if len(list) != len(want) {
			t.Errorf("%d entries, want %d", len(list), len(want))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhatCannotBeATarget(t *testing.T) {
	k := testkit.Open(t, testkit.SQLite(t), nil)
	s, _ := services(k)
	leaf := testcert.SelfSigned("www.example.com")
	fill(t, k, "www", leaf.CertPEM, leaf.KeyPEM)
	fill(t, k, "only", testcert.SelfSigned("only.example.com").CertPEM)
	past := time.Now().Add(-time.Second)
	good := push.NewTarget{Name: "x", Type: target.TypePull, Group: "www"}
	for name, c := range map[string]struct {
		alter func(*push.NewTarget)
		code  string
	}{
		"type":      {func(n *push.NewTarget) { n.Type = "deploy.ssh" }, "bad_type"},
		"no name":   {func(n *push.NewTarget) { n.Name = "  " }, "bad_name"},
		"bidi name": {func(n *push.NewTarget) { n.Name = "a\u202eb" }, "bad_name"},
		"past":      {func(n *push.NewTarget) { n.Settings.ExpiresAt = &past }, "bad_settings"},
		"preset":    {func(n *push.NewTarget) { n.Settings.PFXPreset = "fast" }, "bad_settings"},
		"network":   {func(n *push.NewTarget) { n.Settings.AllowedCIDRs = []netip.Prefix{{}} }, "bad_settings"},
		"mapped /0": {func(n *push.NewTarget) {
			n.Settings.AllowedCIDRs = []netip.Prefix{netip.MustParsePrefix("::ffff:0.0.0.0/90")}
		}, "bad_settings"},
		"tag":      {func(n *push.NewTarget) { n.Tags = []string{"a\nb"} }, "bad_tags"},
		"no key":   {func(n *push.NewTarget) { n.Group = "only" }, "group_without_key"},
		"no group": {func(n *push.NewTarget) { n.Group = "nothing" }, "not_found"},
	} {
		in := good
		c.alter(&in)
		if _, tok, err := s.Create(ctx, k.Owner, in); err == nil || fault.CodeOf(err) != c.code || !tok.Empty() {
			t.Errorf("%s: %v", name, err)
		}
	}
	wrong := good
	wrong.Name, wrong.Tags, wrong.Settings = "", []string{"a\nb"}, target.Settings{ExpiresAt: &past, PFXPreset: "fast", AllowedCIDRs: []netip.Prefix{{}}}
	var f *fault.Fault
	if _, _, err := s.Create(ctx, k.Owner, wrong); !errors.As(err, &f) || len(f.Fields) != 5 {
		t.Errorf("not all that is wrong in one answer: %v", f)
	}
	if _, err := push.ParseCIDRs([]string{"192.0.2.0/24", "10.1.1.1", "2001:db8::/32"}); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{"", "x", "192.0.2.0/33", "fe80::1%eth0", "192.0.2.0/24 "} {
		nets, err := push.ParseCIDRs([]string{bad})
		if bad == "192.0.2.0/24 " {
			if err != nil {
				t.Error(err)
			}
			continue
		}
		if err == nil || bad != "" && strings.Contains(err.Error(), bad) {
			t.Errorf("%q: %v, %v", bad, nets, err)
		}
	}
	viewer := k.Owner
	viewer.Role = tenant.Viewer
	if _, _, err := s.Create(ctx, viewer, good); fault.KindOf(err) != fault.Forbidden || err == nil {
		t.Errorf("a viewer: %v", err)
	}
	if _, err := s.Rotate(ctx, viewer, "tgt_x", 0); fault.KindOf(err) != fault.Forbidden || err == nil {
		t.Errorf("a viewer rotates: %v", err)
	}
	// An expiry that has come does not keep the rest from being changed.
	made, _ := create(t, s, k)
	err := k.Store.Tenant(k.Tenant).Update(ctx, func(tx ports.Tx) error {
		made.Settings.ExpiresAt = &past
		return tx.Targets().Update(ctx, made)
	})
	if err != nil {
		t.Fatal(err)
	}
	name := "renamed"
	if _, err := s.Change(ctx, k.Owner, made.ID, push.Change{Name: &name}); err != nil {
		t.Error(err)
	}
}

func TestRotate(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, k *testkit.Kit) {
		s, p := services(k)
		leaf := testcert.SelfSigned("www.example.com")
		fill(t, k, "www", leaf.CertPEM, leaf.KeyPEM)
		tgt, first := create(t, s, k)
		rotate := func(grace time.Duration) secret.String {
			t.Helper()
			tok, err := s.Rotate(ctx, k.Owner, tgt.ID, grace)
			if err != nil {
				t.Fatal(err)
			}
			return tok
		}
		second := rotate(2 * time.Hour)
		if !works(t, p, first) || !works(t, p, second) {
			t.Error("with grace, both tokens should work")
		}
		third := rotate(72 * time.Hour)
		got, err := s.Get(ctx, k.Owner, tgt.ID)
		if err != nil {
			t.Fatal(err)
		}
		ends := map[string]time.Duration{}
		for _, tok := range got.Tokens {
			if !tok.ExpiresAt.IsZero() {
				ends[tok.Display] = time.Until(tok.ExpiresAt).Round(time.Hour)
			}
		}
		if ends[token.Display(first)] != 2*time.Hour || ends[token.Display(second)] != 72*time.Hour || len(ends) != 2 {
			t.Errorf("ends: %v", ends)
		}
		fourth, fifth := rotate(time.Hour), rotate(time.Hour)
		if _, err := s.Rotate(ctx, k.Owner, tgt.ID, time.Hour); fault.CodeOf(err) != "too_many_tokens" || err == nil {
			t.Errorf("a sixth living token: %v", err)
		}
		if !works(t, p, fifth) {
			t.Error("the refused rotation broke the newest token")
		}
		last := rotate(0)
		for i, tok := range []secret.String{first, second, third, fourth, fifth} {
			if works(t, p, tok) {
				t.Errorf("token %d works after a rotation without grace", i+1)
			}
		}
		if !works(t, p, last) {
			t.Error("the last token does not work")
		}
		for _, bad := range []time.Duration{-1, 72*time.Hour + 1} {
			if _, err := s.Rotate(ctx, k.Owner, tgt.ID, bad); fault.CodeOf(err) != "bad_grace" || err == nil {
				t.Errorf("grace %v: %v", bad, err)
			}
		}
		audited(t, k, tenant.TargetRotate)
	})
}

// However many rotate at once, one token is left.
func TestConcurrentRotationsLeaveOneToken(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, k *testkit.Kit) {
		s, p := services(k)
		leaf := testcert.SelfSigned("www.example.com")
		fill(t, k, "www", leaf.CertPEM, leaf.KeyPEM)
		tgt, first := create(t, s, k)
		made := make([]secret.String, 12)
		var wg sync.WaitGroup
		for i := range made {
			wg.Go(func() {
				var err error
				if made[i], err = s.Rotate(ctx, k.Owner, tgt.ID, 0); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		living := 0
		for _, tok := range append(made, first) {
			if !tok.Empty() && works(t, p, tok) {
				living++
			}
		}
		if living != 1 {
			t.Errorf("%d tokens work", living)
		}
	})
}

func TestScript(t *testing.T) {
	k := testkit.Open(t, testkit.SQLite(t), nil)
	s, _ := services(k)
	leaf := testcert.SelfSigned("www.example.com")
	fill(t, k, "www", leaf.CertPEM, leaf.KeyPEM)
	tgt, tok := create(t, s, k)
	for _, system := range []string{"linux-cron", "linux-systemd", "windows"} {
		name, typ, body, err := s.Script(ctx, k.Owner, tgt.ID, system, push.ScriptOptions{})
		if err != nil || name == "" || typ == "" || !strings.Contains(string(body), "https://ignisfox.example.com") ||
			!strings.Contains(string(body), "web 1") || strings.Contains(string(body), tok.Reveal()) {
			t.Errorf("%s: %s %s, %d bytes, %v", system, name, typ, len(body), err)
		}
		_, _, body, err = s.Script(ctx, k.Owner, tgt.ID, system, push.ScriptOptions{Token: tok})
		if err != nil || !strings.Contains(string(body), tok.Reveal()) {
			t.Errorf("%s with a token: %v", system, err)
		}
	}
	if _, _, _, err := s.Script(ctx, k.Owner, tgt.ID, "beos", push.ScriptOptions{}); fault.CodeOf(err) != "bad_os" || err == nil {
		t.Error(err)
	}
}
