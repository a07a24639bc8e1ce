package deploy_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/cron"
	usecase "github.com/ignisfox/ignisfox/core/app/deploy"
	"github.com/ignisfox/ignisfox/core/app/push"
	"github.com/ignisfox/ignisfox/core/audit"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/testdevice"
	"github.com/ignisfox/ignisfox/ports"
)

const canary = "canary-Vq7Zk4Xn0t-to-be-seen"

// fields answers the advice of a refusal by the name of the field; it fails the test when the code is another.
func (s *site) refused(err error, code string, fields ...string) map[string]string {
	s.t.Helper()
	f, _ := err.(*fault.Fault) //nolint:errorlint // refusals come out as they are
	if f == nil || f.Code != code {
		s.t.Fatalf("%v, want %s", err, code)
	}
	if got := slices.Sorted(maps.Keys(f.Fields)); !slices.Equal(got, slices.Sorted(slices.Values(fields))) {
		s.t.Fatalf("fields %v, want %v", f.Fields, fields)
	}
	return f.Fields
}

func (s *site) change(id string, c usecase.Change) target.Target {
	s.t.Helper()
	t, err := s.s.Change(ctx, s.Owner, id, c)
	if err != nil {
		s.t.Fatalf("%#v", err)
	}
	return t
}

func patch(kv ...any) usecase.Change {
	c := usecase.Change{Settings: map[string]any{}}
	for i := 0; i < len(kv); i += 2 {
		c.Settings[kv[i].(string)] = kv[i+1]
	}
	return c
}

func (s *site) shown(t target.Target) string {
	s.t.Helper()
	b, err := json.Marshal(s.s.Shown(t))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(b)
}

func (s *site) entries() int {
	s.t.Helper()
	n := 0
	err := s.Store.Tenant(s.Tenant).View(ctx, func(tx ports.Tx) error {
		list, err := tx.Audit().List(ctx, audit.Query{Limit: 200})
		n = len(list)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

func TestSecretsAreSealedAndNeverShown(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		tg := s.create(func(in *usecase.NewTarget) {
			in.Settings["password"] = canary
			in.Settings["jump"] = map[string]any{"host": "JUMP.example.com", "password": canary + "2"}
		})
		const want = `{"check_command":"check","host":"web1.example.com","host_key":"SHA256:abc",` +
			`"jump":{"host":"jump.example.com","password":{"set":true}},"password":{"set":true},"port":22,"reload_command":"reload"}`
		for _, one := range []target.Target{tg, s.get(tg.ID)} {
			if got := s.shown(one); got != want {
				t.Errorf("%s", got)
			}
			if b, err := json.Marshal(one); err != nil || strings.Contains(string(b), canary) {
				t.Errorf("%v: %s", err, b)
			}
		}
		err := s.Store.Tenant(s.Tenant).View(ctx, func(tx ports.Tx) error {
			rows, err := tx.Deployments().Secrets(ctx, tg.ID)
			if len(rows) != 2 || rows[0].Path != "jump.password" {
				t.Errorf("%+v", rows)
			}
			for _, r := range rows {
				if strings.Contains(string(r.Sealed), canary[:8]) {
					t.Errorf("%s is not sealed", r.Path)
				}
				// A seal opens in its own row alone.
				at := ports.Place{Tenant: s.Tenant, Table: ports.TargetSecretsTable, Column: ports.TargetSecretColumn, Row: rows[0].ID}
				if _, err := s.Sealer.Open(ctx, at, r.Sealed); (err == nil) != (r.ID == rows[0].ID) {
					t.Errorf("%s in the row of %s: %v", r.Path, rows[0].Path, err)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		s.run(time.Minute)
		if want := map[string]string{"password": canary, "jump.password": canary + "2"}; !maps.Equal(s.dev.Seen, want) {
			t.Errorf("the plugin got %v", s.dev.Seen)
		}
		s.dev.Set(func() { s.dev.Away = true }) // they are hidden while nobody knows which they are
		if got := s.shown(s.get(tg.ID)); got != want {
			t.Errorf("without the plugin: %s", got)
		}
	})
}

func TestAPatchLeavesWhatItDoesNotName(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		tg := s.create(func(in *usecase.NewTarget) { in.Settings["groups"] = []any{"a", "b"} })
		s.run(time.Minute)
		calls, entries := len(s.dev.Calls), s.entries()
		was := s.shown(s.get(tg.ID))
		name := "web 1"
		for _, c := range []usecase.Change{
			{}, {Name: &name}, patch(), patch("port", float64(22)), patch("password", map[string]any{"set": true}), patch("groups", []any{"a", "b"}),
			patch("password", ""), patch("host", "WEB1.example.com."),
		} {
			if got := s.shown(s.change(tg.ID, c)); got != was {
				t.Errorf("%+v: %s", c, got)
			}
		}
		s.run(time.Hour)
		if s.entries() != entries || len(s.dev.Calls) != calls {
			t.Errorf("%d entries and calls %v for nothing", s.entries()-entries, s.dev.Calls[calls:])
		}
		got := s.shown(s.change(tg.ID, patch("reload_command", "restart", "check_command", nil, "password", "another one", "groups", nil)))
		if got != `{"host":"web1.example.com","host_key":"SHA256:abc","password":{"set":true},"port":22,"reload_command":"restart"}` {
			t.Error(got)
		}
		s.run(time.Minute)
		if s.dev.Seen["password"] != "another one" || s.dev.Told["reload_command"] != "restart" {
			t.Errorf("%v %v", s.dev.Seen, s.dev.Told)
		}
		if n := s.entries() - entries; n != 2 { // the change, and the deployment that follows it
			t.Errorf("%d entries", n)
		}
		s.refused(func() error { _, err := s.s.Change(ctx, s.Owner, tg.ID, patch("password", nil)); return err }(), "bad_settings", "settings.password")
		s.refused(func() error { _, err := s.s.Change(ctx, s.Owner, tg.ID, patch("password", 5.0)); return err }(), "bad_settings", "settings.password")
	})
}

// What was given for one destination is never sent to another.
func TestSecretsDoNotFollowAChangedDestination(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		tg := s.create(func(in *usecase.NewTarget) {
			delete(in.Settings, "host_key")
			in.Settings["jump"] = map[string]any{"host": "jump.example.com", "password": "jump pass"[:4]}
		})
		try := func(c usecase.Change) error { _, err := s.s.Change(ctx, s.Owner, tg.ID, c); return err }
		other := map[string]any{"host": "other.example.com"}
		for what, c := range map[string]usecase.Change{
			"host": patch("host", "evil.example.com"), "port": patch("port", float64(2222)), "jump host": patch("jump", other),
			"host and a typo": patch("host", "evil.example.com", "groups", "x"),
		} {
			want := []string{"settings.password", "settings.jump.password"}
			if strings.HasSuffix(what, "typo") {
				want = append(want, "settings.groups")
			}
			for field, advice := range s.refused(try(c), "bad_settings", want...) {
				if field != "settings.groups" && !strings.Contains(advice, "only ever sent to the destination") {
					t.Errorf("%s: %s: %s", what, field, advice)
				}
			}
			in := usecase.Trial{Target: tg.ID, Settings: c.Settings}
			_, err := s.s.Test(ctx, s.Owner, in)
			s.refused(err, "bad_settings", want...)
		}
		s.refused(try(patch("host", "evil.example.com", "password", "for evil")), "bad_settings", "settings.jump.password")
		if s.dev.Count("test") != 0 {
			t.Error("the device was called")
		}
		// The first pin moves nothing; another one does, and so does taking it away.
		s.change(tg.ID, patch("host_key", testdevice.HostKey))
		s.refused(try(patch("host_key", "SHA256:other")), "bad_settings", "settings.password", "settings.jump.password")
		s.refused(try(patch("host_key", nil)), "bad_settings", "settings.password", "settings.jump.password")
		// Without a jump host there is none to ask the secret of.
		s.refused(try(patch("jump", nil)), "bad_settings", "settings.password")
		got := s.change(tg.ID, patch("jump", nil, "password", "once more"))
		if !slices.Equal(got.Deploy.Secrets, []string{"password"}) {
			t.Errorf("%v", got.Deploy.Secrets)
		}
		s.change(tg.ID, patch("host", "web2.example.com", "password", "for web2"))
		s.run(time.Minute)
		if !maps.Equal(s.dev.Seen, map[string]string{"password": "for web2"}) || s.dev.Told["host"] != "web2.example.com" {
			t.Errorf("%v %v", s.dev.Seen, s.dev.Told)
		}
	})
}

func TestWhatIsNotUsableIsRefusedByItsField(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		tg := s.create()
		entries := s.entries()
		many := make([]string, 21)
		for i := range many {
			many[i] = fmt.Sprintf("h%d.example.com", i)
		}
		const bad = "a " + canary
		for what, c := range map[string]struct {
			change func(*usecase.NewTarget)
			code   string
			fields []string
		}{
			"type":         {func(in *usecase.NewTarget) { in.Type = canary }, "bad_type", []string{"type"}},
			"pull":         {func(in *usecase.NewTarget) { in.Type = target.TypePull }, "bad_type", []string{"type"}},
			"name":         {func(in *usecase.NewTarget) { in.Name = " " }, "bad_name", []string{"name"}},
			"no host":      {func(in *usecase.NewTarget) { delete(in.Settings, "host") }, "bad_settings", []string{"settings.host"}},
			"no secret":    {func(in *usecase.NewTarget) { delete(in.Settings, "password") }, "bad_settings", []string{"settings.password"}},
			"stranger":     {func(in *usecase.NewTarget) { in.Settings["hots"] = bad }, "bad_settings", []string{"settings.hots"}},
			"strange name": {func(in *usecase.NewTarget) { in.Settings[bad] = 1.0 }, "bad_settings", []string{"settings"}},
			"strange inside": {func(in *usecase.NewTarget) {
				in.Settings["jump"] = map[string]any{"host": "j.example.com", "password": "long enough"[:4], bad: 1.0}
			}, "bad_settings", []string{"settings.jump"}},
			"two":            {func(in *usecase.NewTarget) { in.Settings["host"], in.Settings["port"] = bad, 70000.0 }, "bad_settings", []string{"settings.host", "settings.port"}},
			"plugin's word":  {func(in *usecase.NewTarget) { in.Settings["host"] = "refused.example.com" }, "bad_settings", []string{"settings.host"}},
			"secret":         {func(in *usecase.NewTarget) { in.Settings["password"] = canary + "\n" }, "bad_settings", []string{"settings.password"}},
			"jump":           {func(in *usecase.NewTarget) { in.Settings["jump"] = map[string]any{} }, "bad_settings", []string{"settings.jump.host", "settings.jump.password"}},
			"no object":      {func(in *usecase.NewTarget) { in.Settings["jump"] = bad }, "bad_settings", []string{"settings.jump"}},
			"endpoint":       {func(in *usecase.NewTarget) { in.Endpoints = []string{"www.example.com", bad} }, "bad_endpoint", []string{"endpoints"}},
			"endpoints":      {func(in *usecase.NewTarget) { in.Endpoints = many }, "bad_endpoint", []string{"endpoints"}},
			"sni":            {func(in *usecase.NewTarget) { in.SNI = bad }, "bad_sni", []string{"sni"}},
			"sni with port":  {func(in *usecase.NewTarget) { in.SNI = "www.example.com:443" }, "bad_sni", []string{"sni"}},
			"sni by address": {func(in *usecase.NewTarget) { in.SNI = "192.0.2.1" }, "bad_sni", []string{"sni"}},
			"schedule":       {func(in *usecase.NewTarget) { in.Schedule = bad }, "bad_schedule", []string{"schedule"}},
			"tags":           {func(in *usecase.NewTarget) { in.Tags = []string{""} }, "bad_tags", []string{"tags"}},
			"group":          {func(in *usecase.NewTarget) { in.Group = "nothing" }, "not_found", []string{"group"}},
		} {
			in := usecase.NewTarget{
				Name: "web 2", Type: testdevice.ID, Group: "www", Settings: map[string]any{"host": "web2.example.com", "password": canary},
			}
			c.change(&in)
			_, err := s.s.Create(ctx, s.Owner, in)
			t.Run(what, func(t *testing.T) {
				s.t = t
				s.refused(err, c.code, c.fields...)
			})
			s.t = t
			if b, _ := json.Marshal(err); strings.Contains(string(b), canary) || strings.Contains(err.Error(), canary) {
				t.Errorf("%s repeats what was given: %v", what, err)
			}
			if c.code == "bad_endpoint" || c.code == "bad_sni" || c.code == "bad_schedule" {
				_, err := s.s.Change(ctx, s.Owner, tg.ID, usecase.Change{Endpoints: &in.Endpoints, SNI: &in.SNI, Schedule: &in.Schedule})
				s.refused(err, c.code, c.fields...)
			}
		}
		if s.entries() != entries {
			t.Error("what was refused is in the trail")
		}
		in := usecase.NewTarget{Name: "web 2", Type: testdevice.ID, Group: "www", Settings: map[string]any{"host": "web2.example.com", "password": "x"}}
		s.dev.Away = true
		if _, err := s.s.Create(ctx, s.Owner, in); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%v", err)
		}
	})
}

func TestEndpointsAreStoredAsTheyAreMeant(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		tg := s.create(func(in *usecase.NewTarget) {
			in.Endpoints = []string{" WWW.example.com ", "www.example.com:443", "", "smtp://mail.example.com", "[2001:db8::1]:8443"}
			in.SNI, in.Schedule, in.Tags = "WWW.example.com.", " 0  3 * * * ", []string{"prod", "prod"}
		})
		if got := fmt.Sprint(tg.Deploy.Endpoints, tg.Deploy.SNI, tg.Deploy.Schedule, tg.Tags); got !=
			"[www.example.com:443 smtp://mail.example.com:25 [2001:db8::1]:8443]www.example.com0 3 * * *[prod]" &&
			got != "[www.example.com:443 smtp://mail.example.com:25 [2001:db8::1]:8443] www.example.com 0 3 * * * [prod]" {
			t.Error(got)
		}
		none, empty := []string{}, ""
		got := s.change(tg.ID, usecase.Change{Endpoints: &none, SNI: &empty, Schedule: &empty})
		if len(got.Deploy.Endpoints) != 0 || got.Deploy.SNI != "" || got.Deploy.Schedule != "" || !got.Deploy.Status.NextScheduleAt.IsZero() {
			t.Errorf("%+v", got.Deploy)
		}
	})
}

func TestWhoMay(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		tg := s.create()
		s.run(time.Minute)
		dep := s.last(tg.ID).ID
		in := usecase.NewTarget{Name: "x", Type: testdevice.ID, Group: "www", Settings: map[string]any{"host": "a.example.com", "password": "p"}}
		calls := map[string]func(who tenant.Actor) error{
			"create": func(who tenant.Actor) error { _, err := s.s.Create(ctx, who, in); return err },
			"change": func(who tenant.Actor) error { _, err := s.s.Change(ctx, who, tg.ID, patch()); return err },
			"deploy": func(who tenant.Actor) error { _, err := s.s.Deploy(ctx, who, tg.ID); return err },
			"pause":  func(who tenant.Actor) error { _, err := s.s.Pause(ctx, who, tg.ID); return err },
			"resume": func(who tenant.Actor) error { _, err := s.s.Resume(ctx, who, tg.ID); return err },
			"plan":   func(who tenant.Actor) error { _, err := s.s.Plan(ctx, who, tg.ID); return err },
			"test":   func(who tenant.Actor) error { _, err := s.s.Test(ctx, who, usecase.Trial{Target: tg.ID}); return err },
			"test unsaved": func(who tenant.Actor) error {
				_, err := s.s.Test(ctx, who, usecase.Trial{Type: in.Type, Settings: in.Settings})
				return err
			},
			"deployments": func(who tenant.Actor) error { _, _, err := s.s.Deployments(ctx, who, tg.ID, "", 5); return err },
			"deployment":  func(who tenant.Actor) error { _, err := s.s.Deployment(ctx, who, tg.ID, dep); return err },
			"plugins":     func(who tenant.Actor) error { _, err := s.s.Known(who); return err },
		}
		reads := []string{"deployments", "deployment", "plugins"}
		viewer, reader, stranger := s.Owner, s.Owner, s.NewTenant(t, "Other workspace")
		viewer.Role, reader.Scopes = tenant.Viewer, []tenant.Scope{tenant.ScopeRead}
		for name, call := range calls {
			for who, actor := range map[string]tenant.Actor{"viewer": viewer, "reader": reader} {
				if err := call(actor); (fault.KindOf(err) == fault.Forbidden) == slices.Contains(reads, name) {
					t.Errorf("%s as %s: %v", name, who, err)
				}
			}
			if name == "test unsaved" || name == "plugins" {
				continue
			}
			if err := call(stranger); fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s as somebody of another tenant: %v", name, err)
			}
		}
		other := s.create()
		if _, err := s.s.Deployment(ctx, s.Owner, other.ID, dep); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a deployment of another target: %v", err)
		}
		for _, id := range []string{"", "nonsense", "tgt_00000000000000000000000000"} {
			if _, err := s.s.Deploy(ctx, s.Owner, id); fault.KindOf(err) != fault.NotFound {
				t.Errorf("%q: %v", id, err)
			}
		}
		pull, _, err := push.New(push.Deps{Store: s.Store, Sealer: s.Sealer, Now: s.clock.Now}).
			Create(ctx, s.Owner, push.NewTarget{Name: "pull", Type: target.TypePull, Group: "www"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.s.Deploy(ctx, s.Owner, pull.ID); fault.CodeOf(err) != "not_deployed" {
			t.Errorf("%v", err)
		}
	})
}

// A browser left open brings no key to a device, and no command.
func TestABrowserProvesWhoItIs(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		tg := s.create()
		stale := s.Owner
		stale.Session, stale.Fresh = true, false
		fresh := stale
		fresh.Fresh = true
		group, name, end := "www2", "renamed", []string{"www.example.com:8443"}
		s.second(group)
		for what, c := range map[string]struct {
			change usecase.Change
			proof  bool
		}{
			"name": {usecase.Change{Name: &name}, false}, "endpoints": {usecase.Change{Endpoints: &end}, false},
			"command": {patch("reload_command", "other"), true}, "secret": {patch("password", "other"), true},
			"host": {patch("host", "web9.example.com", "password", "p"), true}, "group": {usecase.Change{Group: &group}, true},
		} {
			_, err := s.s.Change(ctx, stale, tg.ID, c.change)
			if (err != nil) != c.proof || c.proof && fault.CodeOf(err) != "confirm_identity" {
				t.Errorf("%s: %v", what, err)
			}
			if _, err := s.s.Change(ctx, fresh, tg.ID, c.change); err != nil {
				t.Errorf("%s with a proof: %v", what, err)
			}
		}
		in := usecase.NewTarget{Name: "x", Type: testdevice.ID, Group: "www", Settings: map[string]any{"host": "a.example.com", "password": "p"}}
		if _, err := s.s.Create(ctx, stale, in); fault.CodeOf(err) != "confirm_identity" {
			t.Errorf("%v", err)
		}
		if _, err := s.s.Deploy(ctx, stale, tg.ID); err != nil { // what is set up already needs none
			t.Errorf("%v", err)
		}
	})
}

// What somebody else changed between the reading and the writing is not put back in silence.
func TestTwoChangesAtOnce(t *testing.T) {
	group, name, ends, sni, when, tags := "other", "renamed", []string{"other.example.com"}, "other.example.com", "0 3 * * *", []string{"new"}
	for what, c := range map[string]usecase.Change{
		"settings": patch("host", "web2.example.com", "password", "for web2"), "group": {Group: &group}, "name": {Name: &name},
		"endpoints": {Endpoints: &ends}, "sni": {SNI: &sni}, "schedule": {Schedule: &when}, "tags": {Tags: &tags},
	} {
		t.Run(what, func(t *testing.T) {
			sites(t, func(t *testing.T, s *site) {
				s.second(group)
				tg := s.create()
				var want target.Target
				raced := usecase.New(usecase.Deps{
					Store: s.Store, Sealer: s.Sealer, Forms: s.Forms, Prober: s.dev, Cron: cron.New(), Now: s.clock.Now,
					Plugins: meanwhile{s.dev, func() { want = s.change(tg.ID, c) }},
				})
				_, err := raced.Change(ctx, s.Owner, tg.ID, patch("reload_command", "mine"))
				s.refused(err, "changed_meanwhile")
				if got := s.get(tg.ID); !reflect.DeepEqual(got, want) {
					t.Errorf("%+v, want %+v", got, want)
				}
			})
		})
	}
}

// meanwhile does something between the reading and the writing of a change.
type meanwhile struct {
	*testdevice.Device
	do func()
}

func (m meanwhile) Deployer(id string) (ports.Deployer, error) {
	m.do()
	return m.Device.Deployer(id)
}

func TestPluginsAreKnown(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		all, err := s.s.Known(s.Owner)
		if err != nil || len(all) != 1 || all[0].ID != testdevice.ID || len(all[0].Schema.Fields) != len(testdevice.Schema.Fields) {
			t.Errorf("%v: %+v", err, all)
		}
		s.dev.Away = true
		all, err = s.s.Known(s.Owner)
		if err != nil || len(all) != 1 || all[0].Reason == "" || len(all[0].Schema.Fields) != 0 {
			t.Errorf("%v: %+v", err, all)
		}
	})
}

// Nothing that people read later holds a secret, nor what was refused.
func TestTheTrailAndTheJournalHoldNoSecret(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		tg := s.create(func(in *usecase.NewTarget) { in.Settings["password"] = canary })
		s.run(time.Minute)
		s.change(tg.ID, patch("password", canary+"2", "reload_command", "reload it"))
		s.dev.Set(func() { s.dev.Fail["stage"] = []error{testdevice.Problem("unreachable")} })
		if _, err := s.s.Deploy(ctx, s.Owner, tg.ID); err != nil {
			t.Fatal(err)
		}
		s.run(time.Hour)
		if err := push.New(push.Deps{Store: s.Store, Sealer: s.Sealer, Now: s.clock.Now}).Delete(ctx, s.Owner, s.create().ID); err != nil {
			t.Fatal(err)
		}
		var seen []any
		list, _, err := s.s.Deployments(ctx, s.Owner, tg.ID, "", 50)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range list {
			whole, err := s.s.Deployment(ctx, s.Owner, tg.ID, d.ID)
			if err != nil {
				t.Fatal(err)
			}
			seen = append(seen, whole)
		}
		err = s.Store.Tenant(s.Tenant).View(ctx, func(tx ports.Tx) error {
			trail, err := tx.Audit().List(ctx, audit.Query{Limit: 200})
			seen = append(seen, trail, s.get(tg.ID))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(seen)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) < 3 || !strings.Contains(string(b), string(tenant.TargetDeploy)) || !strings.Contains(string(b), "doing swap") {
			t.Errorf("%d deployments: %.300s", len(list), b)
		}
		if strings.Contains(string(b), canary) {
			t.Error("it is there")
		}
		if log := s.log.String(); strings.Contains(log, canary) {
			t.Errorf("the log: %s", log)
		}
	})
}
