package web_test

import (
	"context"
	"encoding/hex"
	"strings"

	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/app/deploy"
	"github.com/ignisfox/ignisfox/core/app/ingest"
	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/app/push"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/testcert"
	"github.com/ignisfox/ignisfox/internal/testdevice"
)

// things are one workspace's: what routes can be pointed at.
type things struct {
	owner  tenant.Actor
	marker string // in every name of the workspace's things, and in no other's
	name   string // of the workspace
	group  string // whose current generation holds a key
	cert   string
	key    string
	junk   string // of kind unknown
	locked string // a group that waits for its key
	target string
	served string // a target that we deploy to
	ran    string // a deployment of it
	ingest string
	member string
	invite string
	token  string // API token of the owner
	keyed  string // passkey of the owner
	sess   string // session of the owner
	raw    struct{ push, ingest, invite string }
	names  map[string]string // of things that are typed to be deleted
	pems   map[string]string // keys that groups wait for
	pushed map[string]string // tokens of targets
}

func (w *world) furnish(owner tenant.Actor, marker, workspace string) *things {
	w.t.Helper()
	o := &things{owner: owner, marker: marker, name: workspace, names: map[string]string{}, pems: map[string]string{}, pushed: map[string]string{}}
	pair := testcert.SelfSigned(marker + ".example.com")
	done := w.upload(owner, "group-"+marker, marker+".pem", append(pair.CertPEM, pair.KeyPEM...))
	o.group = done.Group.ID
	for _, a := range done.Artifacts {
		o.names[string(a.ID)] = a.Name
		switch a.Kind {
		case cert.KindCert:
			o.cert = string(a.ID)
		case cert.KindKey:
			o.key = string(a.ID)
		}
	}
	o.junk, o.locked, o.target, o.ingest = freshJunk(w, o), freshLocked(w, o), freshTarget(w, o), freshIngest(w, o)
	o.raw.push = o.pushed[o.target]
	o.served = freshServed(w, o)
	d, err := w.deploy.Deploy(context.Background(), owner, o.served)
	w.must(err)
	o.ran = d.ID
	o.member, o.token, o.sess = freshMember(w, o), freshToken(w, o), freshSession(w, o)
	i, link, err := w.account.CreateInvite(context.Background(), owner, account.NewInvite{Email: "guest-" + marker + "@example.com", Role: tenant.Viewer})
	w.must(err)
	o.invite, o.raw.invite = i.ID, link.Reveal()
	o.keyed = w.passkey(owner.User)
	w.authenticator(owner.User)
	return o
}

func (w *world) upload(who tenant.Actor, group, filename string, data []byte) intake.FileResult {
	w.t.Helper()
	r, err := w.Vault.Upload(context.Background(), who, intake.Request{Group: group, Files: []intake.File{{Filename: filename, Name: strings.TrimSuffix(filename, ".pem"), Data: data}}})
	w.must(err)
	if !r.Accepted() {
		w.t.Fatalf("upload: %+v", r.Files)
	}
	return r.Files[0]
}

func tag() string { return hex.EncodeToString(random(6)) }

func freshJunk(w *world, o *things) string {
	a := w.upload(o.owner, "", "junk-"+o.marker+"-"+tag()+".bin", random(40)).Artifacts[0]
	o.names[string(a.ID)] = a.Name
	return string(a.ID)
}

// freshLocked makes a group whose certificate waits for its key.
func freshLocked(w *world, o *things) string {
	name := "locked-" + o.marker + "-" + tag()
	pair := testcert.SelfSigned(name + ".example.com")
	done := w.upload(o.owner, name, name+".pem", pair.CertPEM)
	o.pems[done.Group.ID] = string(pair.KeyPEM)
	return done.Group.ID
}

// freshGroup makes one that nothing rests on.
func freshGroup(w *world, o *things) string {
	g, err := w.Vault.CreateGroup(context.Background(), o.owner, "group-"+o.marker+"-"+tag(), secret.String{})
	w.must(err)
	o.names[g.ID] = g.Name
	return g.ID
}

func freshTarget(w *world, o *things) string {
	t, raw, err := w.push.Create(context.Background(), o.owner, push.NewTarget{Name: "target-" + o.marker, Type: target.TypePull, Group: o.group})
	w.must(err)
	o.pushed[t.ID] = raw.Reveal()
	return t.ID
}

// freshServed makes a target that we deploy to; nobody does its jobs.
func freshServed(w *world, o *things) string {
	t, err := w.deploy.Create(context.Background(), o.owner, deploy.NewTarget{
		Name: "served-" + o.marker + "-" + tag(), Type: testdevice.ID, Group: o.group, Settings: map[string]any{
			"host": "device-" + o.marker + ".example.com", "password": "secret-of-" + o.marker, "host_key": testdevice.HostKey,
		},
	})
	w.must(err)
	return t.ID
}

func freshIngest(w *world, o *things) string {
	t, raw, err := w.ingest.Create(context.Background(), o.owner, ingest.NewToken{Name: "ingest-" + o.marker})
	w.must(err)
	o.raw.ingest = raw.Reveal()
	return t.ID
}

func freshMember(w *world, o *things) string {
	return string(w.user(o.owner.Tenant, kind{role: tenant.Viewer}).ID)
}

func freshInvite(w *world, o *things) string {
	i, _, err := w.account.CreateInvite(context.Background(), o.owner, account.NewInvite{Email: "guest-" + o.marker + "-" + tag() + "@example.com", Role: tenant.Viewer})
	w.must(err)
	return i.ID
}

func freshToken(w *world, o *things) string {
	_, tokenID := w.apiTokenFor(o.owner)
	return tokenID
}

func freshPasskey(w *world, o *things) string { return w.passkey(o.owner.User) }

func freshSession(w *world, o *things) string {
	_, s := w.open(o.owner.User, o.owner.Tenant, nil)
	return s.ID
}

// foundIn answers what of the workspace a text holds that the request itself did not name, empty for nothing.
func (o *things) foundIn(text, asked string) string {
	for _, s := range []string{
		o.marker, o.group, o.cert, o.key, o.junk, o.locked, o.target, o.served, o.ran, o.ingest, o.member, o.invite, o.token, o.keyed, o.sess,
		string(o.owner.Tenant), string(o.owner.User), o.name, o.raw.push, o.raw.ingest, o.raw.invite,
	} {
		if strings.Contains(text, s) && !strings.Contains(asked, s) {
			return s
		}
	}
	return ""
}
