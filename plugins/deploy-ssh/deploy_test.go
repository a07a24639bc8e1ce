package main

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"github.com/ignisfox/ignisfox/internal/sshtest"
	"github.com/ignisfox/ignisfox/sdk/deploy"
)

// modes runs a test with SFTP and without.
func modes(t *testing.T, test func(t *testing.T, o sshtest.Options)) {
	t.Parallel()
	t.Run("sftp", func(t *testing.T) { t.Parallel(); test(t, sshtest.Options{}) })
	t.Run("commands", func(t *testing.T) { t.Parallel(); test(t, sshtest.Options{NoSFTP: true}) })
}

func TestAPairIsPutInPlaceAndTheLastOneKept(t *testing.T) {
	modes(t, func(t *testing.T, o sshtest.Options) {
		r := newRig(t, o)
		cert, key := r.pair()
		first, second, third := generation(1, "www.example.com"), generation(2, "www.example.com"), generation(3, "www.example.com")

		r.deployment("d1", first).whole()
		wantFile(t, cert, first.Fullchain, 0o644)
		wantFile(t, key, first.Key, 0o600)
		if left := ours(t, filepath.Dir(cert)); len(left) != 0 {
			t.Errorf("the first deployment left %q, and there was nothing to keep", left)
		}

		r.deployment("d2", second).whole()
		r.deployment("d3", third).whole()
		wantFile(t, cert, third.Fullchain, 0o644)
		wantFile(t, key, third.Key, 0o600)
		wantFile(t, previousName(cert, "d3"), second.Fullchain, 0o644)
		wantFile(t, previousName(key, "d3"), second.Key, 0o600)
		if left := ours(t, filepath.Dir(cert)); len(left) != 2 {
			t.Errorf("left %q, want the previous pair alone", left)
		}
	})
}

func TestEveryFormIsWritten(t *testing.T) {
	modes(t, func(t *testing.T, o sshtest.Options) {
		r := newRig(t, o)
		dir := r.host.Mkdir("it's a $(folder) `with` \"marks\"; rm -rf *")
		for _, field := range pathFields {
			r.settings[field] = filepath.Join(dir, field+" of 'www'")
		}
		r.settings["cert_mode"], r.settings["key_mode"] = "0640", "0400"
		m := generation(1, "www.example.com")
		r.deployment("d1", m).whole()
		wantFile(t, r.settings["cert_path"].(string), m.Certificate, 0o640)
		wantFile(t, r.settings["chain_path"].(string), m.Chain, 0o640)
		wantFile(t, r.settings["fullchain_path"].(string), m.Fullchain, 0o640)
		wantFile(t, r.settings["key_path"].(string), m.Key, 0o400)
		wantFile(t, r.settings["combined_path"].(string), slices.Concat(m.Fullchain, m.Key), 0o400)
		wantFile(t, r.settings["pfx_path"].(string), m.PFX, 0o400)
	})
}

func TestTheSameAgainChangesNothing(t *testing.T) {
	modes(t, func(t *testing.T, o sshtest.Options) {
		r := newRig(t, o)
		cert, key := r.pair()
		m := generation(1, "www.example.com")
		r.deployment("d1", m).whole()
		before, err := os.Stat(cert)
		if err != nil {
			t.Fatal(err)
		}
		again := r.deployment("d2", m)
		if got := again.step(deploy.Stage); !got.Unchanged {
			t.Errorf("staged %q although nothing differs", got.Message)
		}
		again.step(deploy.Clean)
		if after, err := os.Stat(cert); err != nil || !os.SameFile(before, after) {
			t.Errorf("the file was replaced: %v", err)
		}

		if err := os.Chmod(key, 0o640); err != nil { // another mode is a difference
			t.Fatal(err)
		}
		if got := r.deployment("d3", m).step(deploy.Stage); got.Unchanged {
			t.Error("a key with another mode counts as unchanged")
		}
	})
}

func TestStepsCanBeRepeated(t *testing.T) {
	modes(t, func(t *testing.T, o sshtest.Options) {
		r := newRig(t, o)
		cert, key := r.pair()
		first, second := generation(1, "www.example.com"), generation(2, "www.example.com")
		r.deployment("d1", first).whole()
		d := r.deployment("d2", second)
		for _, s := range []deploy.Step{deploy.Stage, deploy.Stage, deploy.Swap, deploy.Swap, deploy.Clean, deploy.Clean} {
			d.step(s)
		}
		wantFile(t, cert, second.Fullchain, 0o644)
		wantFile(t, previousName(key, "d2"), first.Key, 0o600)
		d.step(deploy.Restore)
		d.step(deploy.Restore)
		wantFile(t, cert, first.Fullchain, 0o644)
		wantFile(t, key, first.Key, 0o600)
		d.step(deploy.Clean)
		if left := ours(t, filepath.Dir(cert)); len(left) != 0 {
			t.Errorf("left %q", left)
		}
	})
}

func TestRestoreTakesAwayWhatWasNotThere(t *testing.T) {
	modes(t, func(t *testing.T, o sshtest.Options) {
		r := newRig(t, o)
		cert, _ := r.pair()
		d := r.deployment("d1", generation(1, "www.example.com"))
		d.step(deploy.Stage)
		d.step(deploy.Swap)
		d.step(deploy.Restore)
		found, err := filepath.Glob(filepath.Join(filepath.Dir(cert), "*www*"))
		if err != nil || len(found) != 0 {
			t.Errorf("left %q, %v", found, err)
		}
	})
}

func TestRestoreEndsAHalfDoneSwap(t *testing.T) {
	modes(t, func(t *testing.T, o sshtest.Options) {
		first, second := generation(1, "www.example.com"), generation(2, "www.example.com")
		for _, half := range []func(cert, key string) error{
			func(_, key string) error { return os.Link(key, previousName(key, "d2")) },
			func(_, key string) error {
				if err := os.Link(key, previousName(key, "d2")); err != nil {
					return err
				}
				return os.Rename(newName(key, "d2"), key)
			},
			func(_, key string) error { return os.Rename(key, previousName(key, "d2")) }, // moved away, where links are refused
		} {
			r := newRig(t, o)
			cert, key := r.pair()
			r.deployment("d1", first).whole()
			d := r.deployment("d2", second)
			d.step(deploy.Stage)
			if err := half(cert, key); err != nil {
				t.Fatal(err)
			}
			d.step(deploy.Restore)
			wantFile(t, cert, first.Fullchain, 0o644)
			wantFile(t, key, first.Key, 0o600)
			if left := ours(t, filepath.Dir(cert)); len(left) != 0 {
				t.Errorf("left %q", left)
			}
		}
	})
}

func TestAHalfDoneSwapIsEndedByTheNextAttempt(t *testing.T) {
	modes(t, func(t *testing.T, o sshtest.Options) {
		r := newRig(t, o)
		cert, key := r.pair()
		first, second := generation(1, "www.example.com"), generation(2, "www.example.com")
		r.deployment("d1", first).whole()
		d := r.deployment("d2", second)
		d.step(deploy.Stage)
		if err := os.Rename(key, previousName(key, "d2")); err != nil {
			t.Fatal(err)
		}
		d.step(deploy.Swap)
		wantFile(t, cert, second.Fullchain, 0o644)
		wantFile(t, key, second.Key, 0o600)
		wantFile(t, previousName(key, "d2"), first.Key, 0o600)
	})
}

func TestARefusedRenamePutsTheOthersBack(t *testing.T) {
	modes(t, func(t *testing.T, o sshtest.Options) {
		r := newRig(t, o)
		_, key := r.pair()
		dir := r.host.Mkdir("other")
		cert := filepath.Join(dir, "www.crt")
		r.settings["fullchain_path"] = cert
		first, second := generation(1, "www.example.com"), generation(2, "www.example.com")
		r.deployment("d1", first).whole()
		d := r.deployment("d2", second)
		d.step(deploy.Stage)
		if err := os.Chmod(dir, 0o555); err != nil { // the certificate comes after the key
			t.Fatal(err)
		}
		if p := d.fails(deploy.Swap, "permission_denied"); p.Field != "fullchain_path" {
			t.Errorf("field %q", p.Field)
		}
		wantFile(t, key, first.Key, 0o600)
		wantFile(t, cert, first.Fullchain, 0o644)
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		d.step(deploy.Restore)
		d.step(deploy.Clean)
		wantFile(t, key, first.Key, 0o600)
		wantFile(t, cert, first.Fullchain, 0o644)
		if left := append(ours(t, dir), ours(t, filepath.Dir(key))...); len(left) != 0 {
			t.Errorf("left %q", left)
		}
	})
}

func TestOnlyFilesAreReplaced(t *testing.T) {
	modes(t, func(t *testing.T, o sshtest.Options) {
		for name, put := range map[string]func(path string) error{
			"link":   func(path string) error { return os.Symlink("elsewhere", path) },
			"folder": func(path string) error { return os.Mkdir(path, 0o755) },
			"pipe":   func(path string) error { return syscall.Mkfifo(path, 0o666) },
		} {
			r := newRig(t, o)
			cert, key := r.pair()
			d := r.deployment("d1", generation(1, "www.example.com"))
			d.step(deploy.Stage)
			if err := put(cert); err != nil {
				t.Fatal(err)
			}
			for _, step := range []deploy.Step{deploy.Swap, deploy.Stage} {
				if p := d.fails(step, "not_a_file"); p.Field != "fullchain_path" || !p.Final {
					t.Errorf("%s: %s: %+v", name, step, p)
				}
			}
			if _, err := os.Stat(key); err == nil {
				t.Errorf("%s: the key was put in place", name)
			}
		}
	})
}

func TestThePlanSaysWhatWouldHappenAndChangesNothing(t *testing.T) {
	modes(t, func(t *testing.T, o sshtest.Options) {
		r := newRig(t, o)
		cert, key := r.pair()
		r.settings["check_command"], r.settings["reload_command"] = "touch checked", "touch reloaded"
		first, second := generation(1, "www.example.com"), generation(2, "www.example.com")
		r.deployment("d1", first).whole()
		plan := func(m deploy.Material) deploy.Plan {
			p, err := device{}.Plan(t.Context(), r.call(), m)
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		p := plan(first)
		if !p.Unchanged || p.Present != first.Fingerprint || len(p.Changes) != 2 || p.Changes[0].Action != "keep" {
			t.Errorf("of what is there: %+v", p)
		}
		if err := os.Remove(key); err != nil {
			t.Fatal(err)
		}
		p = plan(second)
		want := []string{"create " + key, "replace " + cert, "run touch checked", "run touch reloaded"}
		var got []string
		for _, c := range p.Changes {
			got = append(got, c.Action+" "+c.What)
		}
		if p.Unchanged || p.Present != first.Fingerprint || !slices.Equal(got, want) {
			t.Errorf("of the next generation: %q, present %s", got, p.Present)
		}
		if left := ours(t, filepath.Dir(cert)); len(left) != 0 {
			t.Errorf("the plan left %q", left)
		}
		wantFile(t, cert, first.Fullchain, 0o644)
	})
}

func TestTheFingerprintIsThatOfTheLeaf(t *testing.T) {
	m := generation(1, "www.example.com")
	cert := leaf(append(slices.Clone(m.Key), m.Fullchain...))
	if cert == nil {
		t.Fatal("no leaf")
	}
	print := sha256.Sum256(cert.Raw)
	if hex.EncodeToString(print[:]) != m.Fingerprint {
		t.Error("another certificate")
	}
	if leaf([]byte("nothing")) != nil || leaf(m.Key) != nil {
		t.Error("found a leaf where there is none")
	}
}
