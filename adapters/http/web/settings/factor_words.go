package settings

import (
	"strings"

	"github.com/ignisfox/ignisfox/adapters/http/web/ui"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// mustWords says who asks for a second factor.
func mustWords(v view.View) string {
	if v.Person.PlatformAdmin {
		return "You are a platform admin, and those must have one. Nothing else opens until then."
	}
	return v.Workspace.Name + " requires one of every member. Nothing else of it opens until then."
}

func codesLine(f signin.Factors) string {
	const few = 3
	out := view.Number(f.RecoveryCodes) + " of " + view.Number(tenant.RecoveryCodeCount) + " left. Each signs you in once when a second factor is lost."
	if f.RecoveryCodes <= few {
		return out + " Make new ones soon."
	}
	return out
}

func passkeyLine(v view.View, k tenant.Passkey) string {
	if k.LastAt.IsZero() {
		return "added " + v.Date(k.CreatedAt) + ", never used"
	}
	return "added " + v.Date(k.CreatedAt) + ", last used " + v.Ago(k.LastAt)
}

func sessionLine(v view.View, s tenant.Session, here string) string {
	out := "signed in " + v.DateTime(s.CreatedAt)
	if s.Address.IsValid() {
		out = s.Address.String() + ", " + out
	}
	if s.ID == here {
		return out
	}
	return out + ", last seen " + v.Ago(s.LastAt)
}

func endPath(id string) string { return securityPath + "/sessions/" + id + "/end" }

func endTitle(s tenant.Session, here bool) string {
	if here {
		return "Sign out of this browser?"
	}
	return "Sign out " + s.Agent + "?"
}

func others(n int) string {
	if n == 0 {
		return "There were no other sessions."
	}
	return view.Count(n, "other session") + " signed out."
}

// inGroups answers a key in groups of four, as people type it.
func inGroups(key string) string {
	var b strings.Builder
	for i, r := range key {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

func inLines(codes []secret.String) string {
	lines := make([]string, len(codes))
	for i, c := range codes {
		lines[i] = c.Reveal()
	}
	return strings.Join(lines, "\n")
}

// firstCodeError answers what is wrong with the first code; there are no recovery codes yet that could stand for it.
func firstCodeError(err error) string {
	if ui.FieldError(err, "code") == "" {
		return ""
	}
	return "Give the newest code of the app. If none is taken, look at the clock of your phone."
}
