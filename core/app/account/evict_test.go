package account_test

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/app/people"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/core/token"
	"github.com/ignisfox/ignisfox/ports"
)

// owner makes one more owner of a workspace.
func (d *desk) owner(t *testing.T, email, workspace string) tenant.Actor {
	t.Helper()
	o, err := d.CreateOwner(ctx, account.NewOwner{Email: email, Name: "Sasha", Tenant: workspace, Password: pw("password one"), Add: true})
	ok(t, err)
	return tenant.Actor{
		Principal: tenant.PrincipalUser, Tenant: o.Tenant, User: o.User, Name: email, Role: tenant.Owner,
		Scopes: []tenant.Scope{tenant.ScopeRead, tenant.ScopeWrite, tenant.ScopeExport},
	}
}

func (d *desk) invites(t *testing.T, by tenant.Actor, email string) secret.String {
	t.Helper()
	_, link, err := d.CreateInvite(ctx, by, account.NewInvite{Email: email, Role: tenant.Owner})
	ok(t, err)
	return link
}

func (d *desk) dead(t *testing.T, what string, link secret.String) {
	t.Helper()
	if _, err := d.opens(link); fault.KindOf(err) != fault.NotFound {
		t.Errorf("%s: the link opens: %v", what, err)
	}
}

// The links of somebody who is an owner no longer are dead, so that none is a way back; those of others live.
func TestInvitesEndWithTheirMaker(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		boss := d.owner(t, "boss@example.com", "Acme")
		mine := d.invites(t, boss, "new@example.com")
		for i, end := range []struct {
			name   string
			action tenant.Action
			fn     func(u tenant.UserID) error
		}{
			{"removed", tenant.MemberDelete, func(u tenant.UserID) error { return d.RemoveMember(ctx, boss, u) }},
			{"demoted", tenant.MemberUpdate, func(u tenant.UserID) error {
				return second(d.ChangeMember(ctx, boss, u, account.MemberChange{Role: new(tenant.Editor)}))
			}},
		} {
			other := d.owner(t, fmt.Sprintf("other%d@example.com", i), "Acme")
			links := []secret.String{d.invites(t, other, fmt.Sprintf("a%d@example.com", i)), d.invites(t, other, fmt.Sprintf("b%d@example.com", i))}
			ok(t, second(d.ChangeMember(ctx, boss, other.User, account.MemberChange{Role: new(tenant.Owner)}))) // stays what they are
			if _, err := d.opens(links[0]); err != nil {
				t.Fatal(err)
			}
			ok(t, end.fn(other.User))
			for _, l := range links {
				d.dead(t, end.name, l)
			}
			if e := d.trail(t, boss.Tenant)[0]; e.Action != end.action || e.Details["invites_withdrawn"] != "2" {
				t.Errorf("%s: the trail says %+v", end.name, e)
			}
		}
		if _, err := d.opens(mine); err != nil {
			t.Errorf("somebody else's: %v", err)
		}
		if list, err := d.Invites(ctx, boss); err != nil || len(list) != 1 || list[0].Maker != boss.User {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

// What an intruder left behind is told, and goes when it is asked for.
func TestAResetTellsAndEndsWhatElseOpens(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		who := d.owner(t, "kim@example.com", "Acme")
		there := d.owner(t, "kim@example.com", "Beta")
		lee := d.owner(t, "lee@example.com", "Acme")
		var raw []secret.String
		for _, a := range []tenant.Actor{who, who, there} {
			_, tok, err := d.CreateToken(ctx, a, account.NewToken{Name: "t"})
			ok(t, err)
			raw = append(raw, tok)
		}
		_, theirs, err := d.CreateToken(ctx, lee, account.NewToken{Name: "theirs"})
		ok(t, err)
		link, other := d.invites(t, who, "back@example.com"), d.invites(t, lee, "guest@example.com")
		d.factors(t, who.User, "kim")
		d.factors(t, lee.User, "lee")
		reset := account.PasswordReset{Email: "kim@example.com", Password: pw("password two")}
		all := account.Access{Authenticator: true, Passkeys: 2, RecoveryCodes: 1, Tokens: 3, Invites: 1}

		was, err := d.ResetPassword(ctx, reset)
		ok(t, err)
		if was != all || d.access(t, "kim@example.com") != all {
			t.Errorf("a reset alone: %+v", was)
		}
		reset.RemoveSecondFactors = true
		if was, err = d.ResetPassword(ctx, reset); err != nil || was != all {
			t.Errorf("%+v, %v", was, err)
		}
		if was = d.access(t, "kim@example.com"); was != (account.Access{Tokens: 3, Invites: 1}) {
			t.Errorf("without factors: %+v", was)
		}
		if e := d.trail(t, there.Tenant)[1]; e.Details["second_factors"] != "removed" || e.Details["api_tokens_revoked"] != "" || e.Principal != tenant.PrincipalOperator {
			t.Errorf("trail: %+v", e)
		}
		reset.RevokeTokens = true
		ok(t, second(d.ResetPassword(ctx, reset)))
		if was = d.access(t, "kim@example.com"); was != (account.Access{}) {
			t.Errorf("what is left: %+v", was)
		}
		if e := d.trail(t, who.Tenant)[1]; e.Details["api_tokens_revoked"] != "2" || e.Details["invites_withdrawn"] != "1" || e.Details["password"] != "reset" {
			t.Errorf("trail: %+v", e)
		}
		for _, tok := range raw {
			_, err := d.Authenticate(ctx, tok.Reveal(), netip.Addr{})
			code(t, err, "invalid_token")
		}
		d.dead(t, "revoked", link)

		// Nobody else lost anything.
		if _, err := d.Authenticate(ctx, theirs.Reveal(), netip.Addr{}); err != nil {
			t.Error(err)
		}
		if _, err := d.opens(other); err != nil {
			t.Error(err)
		}
		if was = d.access(t, "lee@example.com"); was != (account.Access{Authenticator: true, Passkeys: 2, RecoveryCodes: 1, Tokens: 1, Invites: 1}) {
			t.Errorf("somebody else has %+v", was)
		}
	})
}

// access asks what an account has, by a reset that takes nothing away.
func (d *desk) access(t *testing.T, email string) account.Access {
	t.Helper()
	was, err := d.ResetPassword(ctx, account.PasswordReset{Email: email, Password: pw("password three")})
	ok(t, err)
	return was
}

func (d *desk) factors(t *testing.T, u tenant.UserID, mark string) {
	t.Helper()
	ok(t, d.kit.Store.Platform().Update(ctx, func(tx ports.PlatformTx) error {
		f := tx.Factors()
		err := f.PutAuthenticator(ctx, tenant.Authenticator{ID: "aut_" + mark, User: u, Sealed: []byte("x"), ConfirmedAt: tx.Now(), CreatedAt: tx.Now()})
		for i := range 2 {
			id := fmt.Sprintf("pk_%s%d", mark, i)
			if err == nil {
				err = f.InsertPasskey(ctx, tenant.Passkey{ID: id, User: u, Name: id, CredentialID: []byte(id), Data: []byte("{}"), CreatedAt: tx.Now()})
			}
		}
		if err != nil {
			return err
		}
		_, hash := token.New(token.API)
		return f.SetRecoveryCodes(ctx, u, []token.Hash{hash})
	}))
}

func TestAPasswordIsNotMadeOfWhatIsKnown(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		in := account.NewOwner{Email: "kim.jensen@example.com", Name: "Kim Jensen", Tenant: "Acme Works", Add: true}
		for _, bad := range []string{
			"kim.jensen@example.com", "KimJensen", "kimjensen1", "Jensen2024", "jensenkim!", "kim.jensen", "example1234", "AcmeWorks", "acme works 1",
		} {
			in.Password = pw(bad)
			_, err := d.CreateOwner(ctx, in)
			code(t, err, "personal_password")
		}
		in.Password = pw("Liverpool1")
		_, err := d.CreateOwner(ctx, in)
		code(t, err, "common_password")
		in.Password = pw("jensen has two red boats")
		ok(t, second(d.CreateOwner(ctx, in)))
		for bad, want := range map[string]string{"KimJensen99": "personal_password", "jensenkim": "personal_password", "qwerty123": "common_password"} {
			_, err := d.ResetPassword(ctx, account.PasswordReset{Email: in.Email, Password: pw(bad)})
			code(t, err, want)
		}
		d.signsIn(t, in.Email, "jensen has two red boats", true)
	})
}

// A workspace has as many members as can be listed: the last of them is found, and owners are counted right.
func TestAWorkspaceHasABoundedNumberOfMembers(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		boss := d.owner(t, "boss@example.com", "Acme")
		ok(t, d.kit.Store.Platform().Update(ctx, func(tx ports.PlatformTx) error {
			for i := range people.MaxMembers - 2 {
				u := tenant.User{ID: tenant.UserID(fmt.Sprintf("usr_%026d", i)), Email: fmt.Sprintf("p%d@example.com", i), Name: "P", PasswordHash: "x", CreatedAt: tx.Now()}
				if err := tx.Users().Insert(ctx, u); err != nil {
					return err
				}
				if err := tx.In(boss.Tenant).Members().Insert(ctx, tenant.Member{User: u.ID, Role: tenant.Viewer, CreatedAt: tx.Now()}); err != nil {
					return err
				}
			}
			return nil
		}))
		last := d.owner(t, "last@example.com", "Acme")
		_, _, err := d.CreateInvite(ctx, boss, account.NewInvite{Email: "more@example.com", Role: tenant.Viewer})
		code(t, err, "workspace_full")
		_, err = d.CreateOwner(ctx, account.NewOwner{Email: "more@example.com", Name: "More", Tenant: "Acme", Password: pw("password one"), Add: true})
		code(t, err, "workspace_full")
		_, err = d.CreateOwner(ctx, account.NewOwner{Email: "p5@example.com", Name: "P", Tenant: "Acme", Password: pw("password one"), Add: true})
		ok(t, err) // was one of them before
		if list, err := d.Members(ctx, boss); err != nil || len(list) != people.MaxMembers {
			t.Errorf("%d members, %v", len(list), err)
		}
		ok(t, d.RemoveMember(ctx, last, boss.User))
		ok(t, d.RemoveMember(ctx, last, "usr_00000000000000000000000005"))
		code(t, d.RemoveMember(ctx, last, last.User), "last_owner")
	})
}

// A token that may only write takes the demand for second factors from nobody.
func TestEndingSecondFactorsNeedsExport(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		who := d.kit.Owner
		d.factors(t, who.User, "own")
		writer := who
		writer.Scopes = []tenant.Scope{tenant.ScopeRead, tenant.ScopeWrite}
		ok(t, second(d.ChangeWorkspace(ctx, writer, account.WorkspaceChange{SecondFactor: new(true)})))
		_, err := d.ChangeWorkspace(ctx, writer, account.WorkspaceChange{SecondFactor: new(false)})
		code(t, err, "export_scope_needed")
		if w, err := d.Workspace(ctx, writer); err != nil || !w.SecondFactor {
			t.Errorf("%+v, %v", w, err)
		}
		ok(t, second(d.ChangeWorkspace(ctx, writer, account.WorkspaceChange{Name: new("Other name")})))
		ok(t, second(d.ChangeWorkspace(ctx, who, account.WorkspaceChange{SecondFactor: new(false)})))
	})
}
