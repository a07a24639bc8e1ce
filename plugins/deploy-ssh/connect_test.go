package main

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/ignisfox/ignisfox/internal/sshtest"
	"github.com/ignisfox/ignisfox/sdk/deploy"
	"github.com/ignisfox/ignisfox/sdk/egress"
	"github.com/ignisfox/ignisfox/sdk/plugin"
)

func (r *rig) test() (deploy.TestResult, error) {
	ctx, cancel := context.WithTimeout(r.t.Context(), 45*time.Second)
	defer cancel()
	return device{}.Test(ctx, r.call())
}

func TestWithoutAPinNothingIsSent(t *testing.T) {
	r := newRig(t, sshtest.Options{})
	r.pair()
	delete(r.settings, "host_key")
	got, err := r.test()
	if err != nil {
		t.Fatal(err)
	}
	if got.Identity != r.host.HostKey || got.Confirmed {
		t.Errorf("got %+v, want the key %s, not confirmed", got, r.host.HostKey)
	}
	m := generation(1, "www.example.com")
	_, err = device{}.Plan(t.Context(), r.call(), m)
	p := wantProblem(t, err, "host_key_not_confirmed")
	if !p.Final || p.Field != "host_key" || !strings.Contains(p.Message, r.host.HostKey) {
		t.Errorf("%+v", p)
	}
	for _, step := range []deploy.Step{deploy.Stage, deploy.Restore, deploy.Clean} {
		r.deployment("d1", m).fails(step, "host_key_not_confirmed")
	}
	r.settings["reload_command"] = "touch reloaded"
	r.deployment("d1", m).fails(deploy.Reload, "host_key_not_confirmed")
	if log := r.host.Log(); strings.Contains(log, "publickey") || strings.Contains(log, r.host.User) {
		t.Errorf("the server saw more than a key exchange: %s", log)
	}
}

func TestAConnectionThatWorksSaysWhatItFound(t *testing.T) {
	modes(t, func(t *testing.T, o sshtest.Options) {
		r := newRig(t, o)
		cert, _ := r.pair()
		got, err := r.test()
		if err != nil {
			t.Fatal(err)
		}
		said := strings.Join(got.Lines, "\n")
		for _, want := range []string{"OpenSSH", parent(cert) + " can be written", map[bool]string{true: "by commands", false: "by SFTP"}[o.NoSFTP]} {
			if !strings.Contains(said, want) {
				t.Errorf("%q is not said in %q", want, said)
			}
		}
		if !got.Confirmed || got.Identity != r.host.HostKey {
			t.Errorf("%+v", got)
		}
	})
}

func TestAnotherHostKeyEndsEverything(t *testing.T) {
	r := newRig(t, sshtest.Options{HostKeys: []string{"ed25519", "ecdsa", "rsa"}})
	r.pair()
	r.host.ChangeHostKey()
	_, err := r.test()
	p := wantProblem(t, err, "host_key_changed")
	if !p.Final || p.Field != "host_key" || !strings.Contains(p.Message, r.host.HostKey) {
		t.Errorf("%+v, want the key that was shown: %s", p, r.host.HostKey)
	}
	r.deployment("d1", generation(1, "www.example.com")).fails(deploy.Stage, "host_key_changed")
	if log := r.host.Log(); strings.Contains(log, "publickey") {
		t.Errorf("credentials were offered: %s", log)
	}
}

func TestThePinMayBeOfAnyKeyOfTheServer(t *testing.T) {
	for _, kinds := range [][]string{{"ed25519", "ecdsa", "rsa"}, {"rsa"}, {"ecdsa", "rsa"}} {
		h := sshtest.Start(t, sshtest.Options{HostKeys: kinds})
		for _, kind := range kinds {
			r := rigOn(t, h)
			r.pair()
			r.settings["host_key"] = h.HostKeys[kind]
			if got, err := r.test(); err != nil || !got.Confirmed {
				t.Errorf("of %q the %s key: %+v, %v", kinds, kind, got, err)
			}
		}
	}
}

func TestKeysOfAllKindsSignIn(t *testing.T) {
	h := sshtest.Start(t, sshtest.Options{})
	for _, kind := range []string{"ed25519", "ecdsa", "rsa"} {
		for _, passphrase := range []string{"", "correct horse"} {
			key, line, err := sshtest.NewKey(kind, passphrase)
			if err != nil {
				t.Fatal(err)
			}
			h.Authorize(line)
			r := rigOn(t, h)
			r.pair()
			r.secrets["private_key"] = key
			if passphrase == "" {
				if _, err := r.test(); err != nil {
					t.Errorf("%s: %v", kind, err)
				}
				continue
			}
			for given, code := range map[string]string{"": "wrong_passphrase", "wrong": "wrong_passphrase", passphrase: ""} {
				r.secrets["passphrase"] = []byte(given)
				_, err := r.test()
				if code == "" && err != nil {
					t.Errorf("%s with its passphrase: %v", kind, err)
				}
				if code != "" {
					if p := wantProblem(t, err, code); p.Field != "passphrase" || !p.Final {
						t.Errorf("%+v", p)
					}
				}
			}
		}
	}
}

func TestAForeignKeyIsRefused(t *testing.T) {
	r := newRig(t, sshtest.Options{})
	r.pair()
	key, _, err := sshtest.NewKey("ed25519", "")
	if err != nil {
		t.Fatal(err)
	}
	r.secrets["private_key"] = key
	_, err = r.test()
	if p := wantProblem(t, err, plugin.CodeWrongCredentials); p.Field != "private_key" || !p.Final {
		t.Errorf("%+v", p)
	}
	r.settings["auth"] = "password"
	r.secrets = map[string][]byte{"password": []byte("hunter2")}
	_, err = r.test()
	if p := wantProblem(t, err, plugin.CodeWrongCredentials); p.Field != "password" || !strings.Contains(p.Message, "no passwords") {
		t.Errorf("%+v", p)
	}
}

// throughJumpHost makes a rig whose device is reached through another server.
func throughJumpHost(t *testing.T, jump sshtest.Options) (r *rig, via *sshtest.Host) {
	r, via = newRig(t, sshtest.Options{}), sshtest.Start(t, jump)
	r.pair()
	r.settings["jump"] = map[string]any{"host": via.Hostname, "port": int64(via.Port), "username": via.User, "auth": "key", "host_key": via.HostKey}
	r.secrets["jump.private_key"] = via.ClientKey
	return r, via
}

func TestADeploymentThroughAJumpHost(t *testing.T) {
	r, via := throughJumpHost(t, sshtest.Options{NoSFTP: true})
	m := generation(1, "www.example.com")
	before := via.Connections()
	r.deployment("d1", m).whole()
	wantFile(t, r.settings["key_path"].(string), m.Key, 0o600)
	if via.Connections() == before {
		t.Error("the jump host saw no connection")
	}
}

func TestAJumpHostIsPinnedToo(t *testing.T) {
	r, via := throughJumpHost(t, sshtest.Options{})
	delete(r.settings["jump"].(map[string]any), "host_key")
	_, err := r.test()
	if p := wantProblem(t, err, "host_key_not_confirmed"); p.Field != "jump.host_key" || !strings.Contains(p.Message, via.HostKey) {
		t.Errorf("%+v", p)
	}
	r.settings["jump"].(map[string]any)["host_key"] = via.HostKey
	delete(r.settings, "host_key")
	if got, err := r.test(); err != nil || got.Confirmed || got.Identity != r.host.HostKey {
		t.Errorf("the device behind: %+v, %v", got, err)
	}
	via.ChangeHostKey()
	_, err = r.test()
	if p := wantProblem(t, err, "host_key_changed"); p.Field != "jump.host_key" {
		t.Errorf("%+v", p)
	}
}

func TestAJumpHostThatDoesNotForward(t *testing.T) {
	r, _ := throughJumpHost(t, sshtest.Options{NoOnward: true})
	_, err := r.test()
	wantProblem(t, err, "jump_refused")
	r, via := throughJumpHost(t, sshtest.Options{})
	key, _, err := sshtest.NewKey("ed25519", "")
	if err != nil {
		t.Fatal(err)
	}
	r.secrets["jump.private_key"] = key
	_, err = r.test()
	if p := wantProblem(t, err, plugin.CodeWrongCredentials); p.Field != "jump.private_key" {
		t.Errorf("%+v", p)
	}
	r.secrets["jump.private_key"] = via.ClientKey
	r.host.Stop()
	_, err = r.test()
	if p := wantProblem(t, err, plugin.CodeUnreachable); p.Field != "host" {
		t.Errorf("%+v", p)
	}
}

func TestTheOperatorsRuleHolds(t *testing.T) {
	r := newRig(t, sshtest.Options{})
	r.pair()
	c := r.call()
	c.Net = &egress.Dialer{Policy: egress.Policy{Allow: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}}
	_, err := device{}.Test(t.Context(), c)
	if p := wantProblem(t, err, plugin.CodeAddressNotAllowed); p.Field != "host" {
		t.Errorf("%+v", p)
	}
	if n := r.host.Connections(); n != 0 {
		t.Errorf("%d connections were made", n)
	}
}

func TestAServerThatHangsIsLeftWhenTheCallEnds(t *testing.T) {
	modes(t, func(t *testing.T, o sshtest.Options) {
		r := newRig(t, o)
		cert, key := r.pair()
		first, second := generation(1, "www.example.com"), generation(2, "www.example.com")
		r.deployment("d1", first).whole()

		r.host.Hang()
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		d := r.deployment("d2", second)
		if _, err := d.try(ctx, deploy.Stage); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the end of the call", err)
		}
		r.host.Resume()

		// A command that does not end.
		r.settings["reload_command"] = "sleep 60"
		ctx, cancel = context.WithCancel(t.Context())
		go func() {
			for !strings.Contains(r.transcript(), "$ sleep 60") && t.Context().Err() == nil {
				time.Sleep(5 * time.Millisecond)
			}
			cancel()
		}()
		if _, err := d.try(ctx, deploy.Reload); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want the end of the call", err)
		}

		delete(r.settings, "reload_command")
		d.whole()
		wantFile(t, cert, second.Fullchain, 0o644)
		wantFile(t, key, second.Key, 0o600)
	})
}

func TestACallThatHasEndedDoesNothing(t *testing.T) {
	r := newRig(t, sshtest.Options{})
	cert, _ := r.pair()
	d := r.deployment("d1", generation(1, "www.example.com"))
	d.step(deploy.Stage)
	ctx, cancel := context.WithCancel(t.Context())
	w, err := open(ctx, r.call())
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	f := w.files.(careful)
	cancel()
	for name, effect := range map[string]func() error{
		"create": func() error { return f.create(cert, nil) }, "chmod": func() error { return f.chmod(cert, 0) },
		"chown": func() error { return f.chown(cert, 0, 0) }, "link": func() error { return f.link(newName(cert, "d1"), cert) },
		"rename": func() error { return f.rename(newName(cert, "d1"), cert) }, "remove": func() error { return f.remove(newName(cert, "d1")) },
	} {
		if err := effect(); !errors.Is(err, context.Canceled) {
			t.Errorf("%s after the end: %v", name, err)
		}
	}
	if _, err := w.conn.run(ctx, "true", nil, nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("a command after the end: %v", err)
	}
	wantFile(t, newName(cert, "d1"), d.m.Fullchain, 0o644)
}

func TestOldAlgorithmsAreNotSpoken(t *testing.T) {
	safe := ssh.SupportedAlgorithms()
	bad := ssh.InsecureAlgorithms()
	refused := strings.Join(append(append(bad.HostKeys, bad.KeyExchanges...), bad.Ciphers...), " ")
	for _, a := range append(append(newHunt(hop{}).algorithms(), safe.KeyExchanges...), safe.Ciphers...) {
		if strings.Contains(" "+refused+" ", " "+a+" ") {
			t.Errorf("%s is spoken", a)
		}
	}
	key, _, err := sshtest.NewKey("rsa", "")
	if err != nil {
		t.Fatal(err)
	}
	signer, p := readKey(t.Context(), hop{privateKey: key})
	if p != nil {
		t.Fatal(p)
	}
	with, ok := signer.(ssh.MultiAlgorithmSigner)
	if !ok || strings.Join(with.Algorithms(), " ") != "rsa-sha2-512 rsa-sha2-256" {
		t.Errorf("an RSA key signs otherwise: %v", ok)
	}
}
