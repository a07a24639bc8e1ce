package settings_test

import (
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/settings"
	"github.com/ignisfox/ignisfox/adapters/http/web/signin"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/browser"
	"github.com/ignisfox/ignisfox/internal/webtest"
	"github.com/ignisfox/ignisfox/ports"
)

// Health, version and checksum are what the page is for: they are seen at every width, also beside the menu of the settings.
func TestPluginsAreToldInFull(t *testing.T) {
	r := webtest.New(t, func(k *kit.Kit, r *webtest.Rig) {
		settings.Register(k, settings.Deps{SignIn: r.SignIn, Account: r.Account, Deploy: r.Deploy, BaseURL: r.URL})
		signin.Register(k, signin.Deps{SignIn: r.SignIn, BaseURL: r.URL})
	})
	u := r.NewPerson(t, r.Tenant, tenant.Owner)
	err := r.Store.Platform().Update(ctx, func(tx ports.PlatformTx) error { return tx.Users().SetPlatformAdmin(ctx, u.ID, true) })
	if err != nil {
		t.Fatal(err)
	}
	kim := r.Of(t, u)
	enrol(t, r, kim)
	p := window(t, r, kim, browser.Options{})
	for _, o := range []browser.Options{browser.Desktop, browser.DesktopDark, browser.Phone, {Width: 320, Height: 700}} {
		p.Look(o)
		p.Goto("/dashboard/settings/plugins")
		p.NoSideScroll()
		p.Axe()
		for _, want := range []string{"Device", "runs", "deploy.device 1.0.0", "SHA-256", "ab12"} {
			if got := p.Text("main"); !strings.Contains(got, want) {
				t.Errorf("%s: no %q in %s", o, want, got)
			}
		}
	}
	r.Device.Set(func() { r.Device.Away = true })
	p.Goto("/dashboard/settings/plugins")
	p.WaitText("does not run")
	p.WaitText("It ended at once.")
	p.WaitText("restarted 3 times")
}
