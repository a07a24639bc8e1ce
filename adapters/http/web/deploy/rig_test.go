package deploy_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/web/deploy"
	"github.com/ignisfox/ignisfox/adapters/http/web/groupchoice"
	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/push"
	"github.com/ignisfox/ignisfox/adapters/http/web/vault"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	usecase "github.com/ignisfox/ignisfox/core/app/deploy"
	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/plugin"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/testcert"
	"github.com/ignisfox/ignisfox/internal/testdevice"
	"github.com/ignisfox/ignisfox/internal/webtest"
	"github.com/ignisfox/ignisfox/ports"
	"github.com/ignisfox/ignisfox/sdk/schema"
)

var (
	ctx      = context.Background()
	fromHtmx = map[string]string{"HX-Request": "true"}
	dialog   = map[string]string{"HX-Request": "true", "X-Dialog": "1"}
)

// rich is a plugin with a field of every type; behind it stands the device.
type rich struct {
	*testdevice.Device
	others []plugin.Info // that do not run
}

var isKey = &schema.Condition{Field: "auth", In: []string{"key"}}

var richSchema = schema.Schema{Fields: []schema.Field{
	{Name: "host", Title: "Host", Section: "Connection", Type: schema.Host, Required: true, Destination: true, Placeholder: "web1.example.com"},
	{Name: "port", Title: "Port", Section: "Connection", Type: schema.Port, Default: int64(22), Destination: true},
	{Name: "host_key", Title: "Host key", Section: "Connection", Type: schema.String, Destination: true, Help: "Leave it blank to be shown the one it has."},
	{Name: "auth", Title: "Sign in with", Section: "Sign in", Type: schema.Enum, Default: "key", Options: []schema.Option{
		{Value: "key", Title: "Private key"}, {Value: "password", Title: "Password"}}},
	{Name: "password", Title: "Password", Section: "Sign in", Type: schema.String, Secret: true, Required: true,
		When: &schema.Condition{Field: "auth", In: []string{"password"}}},
	{Name: "private_key", Title: "Private key", Section: "Sign in", Type: schema.Text, Secret: true, Required: true, When: isKey},
	{Name: "passphrase", Title: "Passphrase", Section: "Sign in", Type: schema.String, Secret: true, When: isKey},
	{Name: "path", Title: "File", Section: "Files", Type: schema.Path},
	{Name: "mode", Title: "Mode", Section: "Files", Type: schema.Mode, Default: "0600"},
	{Name: "keep", Title: "Keep old files", Section: "Files", Type: schema.Bool},
	{Name: "names", Title: "Further names", Section: "Files", Type: schema.Strings},
	{Name: "check_command", Title: "Check command", Section: "Service", Type: schema.Command},
	{Name: "reload_command", Title: "Reload command", Section: "Service", Type: schema.Command},
	{Name: "wait", Title: "Wait", Section: "Service", Type: schema.Duration, Default: "5s"},
	{Name: "tries", Title: "Tries", Section: "Service", Type: schema.Int, Default: int64(3)},
	{Name: "console", Title: "Console", Section: "Service", Type: schema.URL, Destination: true},
	{Name: "note", Title: "Note", Section: "Service", Type: schema.Text},
	{Name: "jump", Title: "Jump host", Section: "Jump host", Type: schema.Object, Help: "A server to connect through.", Fields: []schema.Field{
		{Name: "host", Title: "Host", Type: schema.Host, Required: true, Destination: true},
		{Name: "port", Title: "Port", Type: schema.Port, Default: int64(22), Destination: true},
		{Name: "password", Title: "Password", Type: schema.String, Secret: true, Required: true},
	}},
}}

func (p *rich) All() []plugin.Info { return append([]plugin.Info{p.info()}, p.others...) }

func (p *rich) info() plugin.Info {
	i := p.Device.All()[0]
	i.Title, i.Summary, i.Icon = "Linux by SSH", "We copy the files and run your reload command.", "server"
	return i
}

func (p *rich) Find(id string) (plugin.Info, schema.Schema, error) {
	_, _, err := p.Device.Find(id)
	if err != nil {
		return plugin.Info{}, schema.Schema{}, err
	}
	return p.info(), richSchema, nil
}

// rig is a server with the sections of devices and of the vault, and a device that it deploys to.
type rig struct {
	*webtest.Rig
	plugins *rich
	days    int
}

func serve(t testing.TB) *rig {
	t.Helper()
	r := &rig{}
	plugins := func(d *testdevice.Device) ports.Plugins {
		r.plugins = &rich{Device: d}
		return r.plugins
	}
	r.Rig = webtest.NewWith(t, webtest.Setup{Plugins: plugins}, func(k *kit.Kit, w *webtest.Rig) {
		w.Sections = append(w.Sections,
			view.Section{ID: "vault", Title: "Cert vault", Path: "/dashboard/vault", Icon: "vault", Group: "Certificates", Key: "v"},
			view.Section{ID: "push", Title: "Push to devices", Path: "/dashboard/push", Icon: "push", Group: "Certificates", Key: "p", Docs: "/docs/push"})
		groupchoice.Register(k, w.Vault)
		vault.Register(k, vault.Deps{Vault: w.Vault})
		pages := deploy.Register(k, deploy.Deps{Deploy: w.Deploy, Vault: w.Vault})
		push.Register(k, push.Deps{Push: w.Push, Vault: w.Vault, Deployed: pages, BaseURL: w.URL})
	})
	return r
}

// issue uploads a certificate with its key: the group's next generation.
func (r *rig) issue(t testing.TB, name string) {
	t.Helper()
	r.issueFor(t, r.Owner, name)
}

func (r *rig) issueFor(t testing.TB, who tenant.Actor, name string) {
	t.Helper()
	r.days++
	leaf := testcert.SelfSigned("www.example.com", testcert.Days(90+r.days))
	data := slices.Concat(leaf.CertPEM, leaf.KeyPEM)
	if _, err := r.Vault.Upload(ctx, who, intake.Request{Group: name, Files: []intake.File{{Filename: "a.pem", Data: data}}}); err != nil {
		t.Fatal(err)
	}
}

// filled is a form of a new target that is right.
func filled(group string) url.Values {
	return url.Values{
		"type": {testdevice.ID}, "name": {"web-eu-03"}, "group": {group}, "endpoints": {"www.example.com"}, "sni": {""}, "tags": {"eu, dmz"},
		"recheck": {""}, "schedule": {""},
		"settings.host": {"web1.example.com"}, "settings.port": {"22"}, "settings.host_key": {testdevice.HostKey}, "settings.auth": {"password"},
		"settings.password": {"s3cret pass"}, "settings.private_key": {""}, "settings.passphrase": {""}, "settings.path": {"/etc/www.pem"},
		"settings.mode": {"0600"}, "settings.names": {"a\r\nb"}, "settings.check_command": {"check"}, "settings.reload_command": {"reload"},
		"settings.wait": {"5s"}, "settings.tries": {"3"}, "settings.console": {""}, "settings.note": {""},
		"settings.jump.host": {""}, "settings.jump.port": {"22"}, "settings.jump.password": {""},
	}
}

func with(form url.Values, pairs ...string) url.Values {
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return form
}

// make makes a target by the form, as an owner, and answers its path.
func (r *rig) make(t testing.TB, pairs ...string) string {
	t.Helper()
	a := r.As(t, tenant.Owner).Post("/dashboard/push/new", with(filled("www"), pairs...))
	to := a.Header.Get("Location")
	if a.Status != http.StatusSeeOther || !strings.HasPrefix(to, "/dashboard/push/tgt_") {
		t.Fatalf("%d to %q: %s", a.Status, to, a.Body)
	}
	return to
}

func id(path string) string { return strings.TrimPrefix(path, "/dashboard/push/") }

func (r *rig) target(t testing.TB, path string) *target.Target {
	t.Helper()
	out, err := r.Deploy.Target(ctx, r.Owner, id(path))
	if err != nil {
		t.Fatal(err)
	}
	return &out
}

// put makes a target of somebody by the use case.
func (r *rig) put(t testing.TB, who tenant.Actor, name, group string) target.Target {
	t.Helper()
	out, err := r.Deploy.Create(ctx, who, usecase.NewTarget{
		Name: name, Type: testdevice.ID, Group: group, Endpoints: []string{"www.example.com"}, Settings: map[string]any{
			"host": "web1.example.com", "auth": "password", "password": "s3cret pass", "host_key": testdevice.HostKey, "reload_command": "reload",
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

const minute = time.Minute
