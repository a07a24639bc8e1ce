package settings_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/webtest"
)

func TestTokensAreShownOnceAndWork(t *testing.T) {
	r := webtest.New(t, register)
	kim := r.As(t, tenant.Editor)
	kim.Get(tokens).Want(200, "No tokens yet", "New token")
	kim.Get(tokens+"/new").Want(200, `value="read" checked`, "In 90 days, on "+r.Now().AddDate(0, 0, 90).Format("2 Jan 2006"))
	a := kim.Post(tokens+"/new", form("name", "grafana", "scopes", "read", "scopes", "write", "days", "30"))
	a.Want(200, "Copy the token of grafana now", "shown this once")
	raw := found(t, a, `<code id="token">([^<]+)</code>`)
	who, err := r.Account.Authenticate(ctx, raw, netip.Addr{})
	if err != nil || who.User != kim.User.ID || who.HasScope(tenant.ScopeExport) || !who.HasScope(tenant.ScopeWrite) || !who.Expires.Equal(r.Now().AddDate(0, 0, 30)) {
		t.Errorf("%+v %v", who, err)
	}
	a = kim.Get(tokens)
	a.Want(200, "1 token<", "grafana", "read, write", raw[len(raw)-4:], "!"+raw)
	kim.Get(profile).Want(200, "1 token: grafana (read, write).")
	id := found(t, a, `api-tokens/([^/]+)/delete`)
	kim.Get(tokens+"/"+id+"/delete").Want(200, "Delete grafana?", "refused from the next request on", "Keep it")
	// Somebody else's token is not there.
	r.As(t, tenant.Owner).Get(tokens + "/" + id + "/delete").Want(404)
	r.As(t, tenant.Owner).Post(tokens+"/"+id+"/delete", nil).Want(404)
	kim.Post(tokens+"/"+id+"/delete", nil).WantGo(tokens)
	if _, err := r.Account.Authenticate(ctx, raw, netip.Addr{}); err == nil {
		t.Error("a deleted token works")
	}
}

func TestTokensAreRefusedWithAdvice(t *testing.T) {
	r := webtest.New(t, register)
	kim := r.As(t, tenant.Editor)
	kim.Post(tokens+"/new", form("name", "x", "days", "30")).Want(422, "Choose at least one", `value="x"`)
	kim.Post(tokens+"/new", form("name", "", "scopes", "export", "days", "0")).Want(422, `id="f-name-e"`, `value="export" checked`)
	kim.Post(tokens+"/new", form("name", "x", "scopes", "everything", "days", "30")).Want(422, "Use read, write or export")
	kim.Post(tokens+"/new", form("name", "x", "scopes", "read", "days", "99999")).Want(422, "Choose one of these")
	kim.Get(tokens).Want(200, "No tokens yet")
	r.Pass(tenant.FreshFor + time.Second)
	kim.Post(tokens+"/new", form("name", "x", "scopes", "read", "days", "30")).Want(403, "Confirm that it is you")
}

func TestViewersHaveNoTokens(t *testing.T) {
	r := webtest.New(t, register)
	kim := r.As(t, tenant.Viewer)
	kim.Get(tokens).Want(200, "Viewers have none", "!New token")
	kim.Get(tokens + "/new").Want(403)
	kim.Post(tokens+"/new", form("name", "x", "scopes", "read", "days", "30")).Want(403)
}

func TestATokenThatNeverExpiresSaysSo(t *testing.T) {
	r := webtest.New(t, register)
	kim := r.As(t, tenant.Editor)
	kim.Post(tokens+"/new", form("name", "ever", "scopes", "read", "days", "0")).Want(200)
	kim.Post(tokens+"/new", form("name", "<b>short</b>", "scopes", "read", "days", "30")).Want(200, "!<b>short</b>")
	r.Pass(31 * 24 * time.Hour)
	a := r.Of(t, kim.User).Get(tokens)
	a.Want(200, "expired", "!<b>short</b>", "&lt;b&gt;short")
	if n := strings.Count(a.Body, "never"); n < 3 { // two were never used, one never expires
		t.Errorf("%d times never: %s", n, a.Body)
	}
}
