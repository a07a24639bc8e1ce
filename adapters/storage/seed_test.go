package storage_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/audit"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/deploy"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/core/token"
	"github.com/ignisfox/ignisfox/ports"
)

var then = time.Date(2021, 3, 4, 5, 6, 7, 0, time.UTC)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// workspace makes a tenant of that id and a user in it.
func workspace(t testing.TB, st ports.Store, id tenant.ID) tenant.UserID {
	t.Helper()
	ctx := t.Context()
	u := tenant.User{ID: tenant.UserID("us_" + id), Email: string(id) + "@example.com", CreatedAt: then}
	must(t, st.Platform().Update(ctx, func(tx ports.PlatformTx) error {
		w := tenant.Tenant{ID: id, Name: "Workspace " + string(id), TimeZone: "UTC", CreatedAt: then}
		if err := tx.Tenants().Insert(ctx, w, ports.WrappedKeyset{KEK: "0badcafe", Blob: []byte("b")}); err != nil {
			return err
		}
		if err := tx.Users().Insert(ctx, u); err != nil {
			return err
		}
		return tx.In(id).Members().Insert(ctx, tenant.Member{User: u.ID, Role: tenant.Owner, CreatedAt: then})
	}))
	return u.ID
}

// furnish puts at least one row of the tenant into every table.
func furnish(t testing.TB, st ports.Store, id tenant.ID) {
	t.Helper()
	ctx := t.Context()
	u := workspace(t, st, id)
	hash := func(kind string) token.Hash { return sha256.Sum256([]byte(kind + string(id))) }
	must(t, st.Tenant(id).Update(ctx, func(tx ports.Tx) error {
		var err error
		do := func(step error) {
			if err == nil {
				err = step
			}
		}
		do(tx.Groups().Insert(ctx, group.Group{ID: "gr_1", Name: "www", CreatedAt: then}))
		do(tx.Groups().AddPassword(ctx, group.Password{ID: "pw_1", Group: "gr_1", Version: 1, Sealed: []byte("p")}, []byte("mac")))
		leaf := artifact.Artifact{ID: "ar_1", Kind: cert.KindCert, Name: "leaf", Group: "gr_1", Fingerprint: "f", CreatedAt: then,
			NotAfter: then.Add(time.Hour)}
		do(tx.Artifacts().Insert(ctx, leaf, []byte("sealed")))
		gen := group.Generation{ID: "gn_1", Group: "gr_1", Number: 1, Leaf: "ar_1", Chain: []artifact.ID{"ar_1"}, CreatedAt: then}
		do(tx.Generations().Insert(ctx, gen))
		do(tx.Groups().Point(ctx, "gr_1", 1))
		_, perr := tx.Forms().Put(ctx, group.Form{ID: "fm_1", Group: "gr_1", Key: group.FormKey{Generation: "gn_1", Kind: group.FormCert}, CreatedAt: then})
		do(perr)
		do(tx.Targets().Insert(ctx, target.Target{ID: "tg_1", Name: "web", Type: target.TypePull, Group: "gr_1", CreatedAt: then}))
		do(tx.Targets().Insert(ctx, target.Target{ID: "tg_2", Name: "lb", Type: "deploy.ssh", Group: "gr_1", CreatedAt: then, Deploy: &target.Deploy{}}))
		do(tx.Deployments().PutSecret(ctx, "tg_2", ports.TargetSecret{ID: "ts_1", Path: "password", Sealed: []byte("s")}))
		fence, cerr := tx.Deployments().Claim(ctx, "tg_2", "run_1", then)
		do(cerr)
		do(tx.Deployments().Insert(ctx, deploy.Deployment{ID: "dep_1", Target: "tg_2", Group: "gr_1", Generation: 1, State: deploy.Running,
			StartedAt: then, Steps: []deploy.Step{{Seq: 1, Name: deploy.StepStage, State: deploy.StepBegun, Attempt: 1, StartedAt: then}}}, fence))
		do(tx.Deployments().Append(ctx, "dep_1", "connected", fence))
		do(tx.PushTokens().Insert(ctx, target.Token{ID: "pt_1", Target: "tg_1", Hash: hash("push"), CreatedAt: then}))
		do(tx.IngestTokens().Insert(ctx, tenant.IngestToken{ID: "it_1", Hash: hash("ingest"), CreatedAt: then}))
		do(tx.APITokens().Insert(ctx, tenant.APIToken{ID: "at_1", User: u, Hash: hash("api"), CreatedAt: then}))
		do(tx.Invites().Insert(ctx, tenant.Invite{ID: "in_1", Email: "lee@example.com", Role: tenant.Viewer, Hash: hash("invite"), CreatedAt: then}))
		_, _, lerr := tx.Audit().Last(ctx)
		do(lerr)
		do(tx.Audit().Insert(ctx, audit.Entry{Seq: 1, At: then, MAC: []byte("m")}))
		_, rerr := tx.Idempotency().Reserve(ctx, "k", "a", nil, time.Hour, time.Hour)
		do(rerr)
		return err
	}))
	must(t, st.Platform().Update(ctx, func(tx ports.PlatformTx) error {
		f := tx.Factors()
		return errors.Join(
			tx.Sessions().Insert(ctx, tenant.Session{ID: "se_" + string(id), User: u, Tenant: id, Hash: hash("cookie"), CreatedAt: then, LastAt: then}),
			f.PutAuthenticator(ctx, tenant.Authenticator{ID: "au_" + string(id), User: u, Sealed: []byte("s"), ConfirmedAt: then, CreatedAt: then}),
			f.InsertPasskey(ctx, tenant.Passkey{ID: "pk_" + string(id), User: u, CredentialID: []byte(id), CreatedAt: then}),
			f.SetRecoveryCodes(ctx, u, []token.Hash{hash("code")}),
			tx.Ceremonies().Put(ctx, tenant.Ceremony{Hash: hash("ceremony"), Kind: "enrol", User: u, ExpiresAt: then}),
			tx.SetupLinks().Insert(ctx, hash("setup"), then),
		)
	}))
	must(t, st.Jobs().RecordFetches(ctx, []target.Fetch{{Tenant: id, Target: "tg_1", Token: "pt_1", At: then, Kind: group.FormCert, Generation: 1}}))
}

func containsText(b []byte, text string) bool { return bytes.Contains(b, []byte(text)) }
