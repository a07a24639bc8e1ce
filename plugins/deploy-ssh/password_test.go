package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/ignisfox/ignisfox/sdk/deploy"
	"github.com/ignisfox/ignisfox/sdk/plugin"
)

func TestPasswordsSignIn(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(s *fakeServer)
		right   string // what was tried with the right password
		wrong   string // and with a wrong one: never twice
	}{
		"password": {func(s *fakeServer) { s.config.PasswordCallback = s.password }, "password", "password"},
		"question": {func(s *fakeServer) {
			s.config.KeyboardInteractiveCallback = s.questions(false, "Password: ")
		}, "questions", "questions"},
		"both": {func(s *fakeServer) {
			s.config.PasswordCallback = s.password
			s.config.KeyboardInteractiveCallback = s.questions(false, "Password: ")
		}, "password", "password"},
	} {
		t.Run(name, func(t *testing.T) {
			s := startFake(t, func(s *fakeServer) { c.prepare(s); s.sftp = realSFTP })
			r := fakeRig(t, s)
			dir := r.mkdir()
			r.settings["cert_path"] = filepath.Join(dir, "www.crt")
			m := generation(1, "www.example.com")
			r.deployment("d1", m).step(deploy.Stage)
			wantFile(t, newName(filepath.Join(dir, "www.crt"), "d1"), m.Certificate, 0o644)
			if got := s.attempts(); got != c.right {
				t.Errorf("tried %q, want %q", got, c.right)
			}
			r.secrets["password"] = []byte("wrong")
			p := r.deployment("d1", m).fails(deploy.Stage, plugin.CodeWrongCredentials)
			if p.Field != "password" || !p.Final {
				t.Errorf("%+v", p)
			}
			if got := s.attempts(); got != c.right+" "+c.wrong {
				t.Errorf("tried %q", got)
			}
		})
	}
}

func TestThePasswordAnswersNoOtherQuestion(t *testing.T) {
	for name, ask := range map[string]func(s *fakeServer){
		"visible": func(s *fakeServer) { s.config.KeyboardInteractiveCallback = s.questions(true, "Name of your pet: ") },
		"two":     func(s *fakeServer) { s.config.KeyboardInteractiveCallback = s.questions(false, "Password: ", "Code: ") },
	} {
		s := startFake(t, ask)
		_, err := fakeRig(t, s).test()
		if p := wantProblem(t, err, plugin.CodeWrongCredentials); !p.Final || !strings.Contains(p.Message, "something else than a password") {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

// A server that ends the connection in place of saying no gets the password once, and a key is not offered again by itself either.
func TestAGoodbyeIsARefusal(t *testing.T) {
	s := startFake(t, func(s *fakeServer) {
		s.config.PasswordCallback = s.password
		s.config.PublicKeyCallback = func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) { return nil, errors.New("no") }
		s.config.MaxAuthTries = 1
	})
	r := fakeRig(t, s)
	r.secrets["password"] = []byte("wrong")
	_, err := r.test()
	if p := wantProblem(t, err, plugin.CodeWrongCredentials); p.Field != "password" || !p.Final {
		t.Errorf("%+v", p)
	}
	r.settings["auth"], r.secrets["private_key"] = "key", testKey(t)
	_, err = r.test()
	if p := wantProblem(t, err, plugin.CodeWrongCredentials); p.Field != "private_key" || !p.Final {
		t.Errorf("%+v", p)
	}
	if got := (&credentials{offered: true}).dismissed(errors.New(`ssh: disconnect, reason 11: "going down"`)); got != nil {
		t.Errorf("a server that goes down refuses no key: %v", got)
	}
}

// PAM asks for the code in the same dialogue as for the password.
func TestASecondQuestionIsASecondFactor(t *testing.T) {
	s := startFake(t, func(s *fakeServer) {
		s.config.KeyboardInteractiveCallback = func(_ ssh.ConnMetadata, ask ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
			s.note("questions")
			for _, question := range []string{"Password: ", "Code: "} {
				if _, err := ask("", "", []string{question}, []bool{false}); err != nil {
					return nil, err
				}
			}
			return nil, nil
		}
	})
	_, err := fakeRig(t, s).test()
	if p := wantProblem(t, err, plugin.CodeWrongCredentials); !p.Final || !strings.Contains(p.Message, "second factor") {
		t.Errorf("%+v", p)
	}
	if got := s.attempts(); got != "questions" {
		t.Errorf("tried %q", got)
	}
}

func TestASecondFactorIsNamed(t *testing.T) {
	s := startFake(t, func(s *fakeServer) {
		s.config.PasswordCallback = func(m ssh.ConnMetadata, given []byte) (*ssh.Permissions, error) {
			if _, err := s.password(m, given); err != nil {
				return nil, err
			}
			return nil, &ssh.PartialSuccessError{Next: ssh.ServerAuthCallbacks{KeyboardInteractiveCallback: s.questions(false, "Code: ")}}
		}
	})
	_, err := fakeRig(t, s).test()
	if p := wantProblem(t, err, plugin.CodeWrongCredentials); !strings.Contains(p.Message, "second factor") {
		t.Errorf("%+v", p)
	}
}

func TestAKeyIsNeverFollowedByAPassword(t *testing.T) {
	s := startFake(t, func(s *fakeServer) {
		s.config.PasswordCallback = s.password
		s.config.PublicKeyCallback = func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) {
			s.note("key")
			return nil, ssh.ErrNoAuth
		}
	})
	r := fakeRig(t, s)
	r.settings["auth"] = "key"
	r.secrets["private_key"] = testKey(t)
	_, err := r.test()
	if p := wantProblem(t, err, plugin.CodeWrongCredentials); p.Field != "private_key" {
		t.Errorf("%+v", p)
	}
	if got := s.attempts(); strings.Contains(got, "password") {
		t.Errorf("tried %q", got)
	}
}

// What a server sends is bounded: a folder without end does not fill the memory of the process that all tenants share.
func TestAFolderWithoutEndIsLeft(t *testing.T) {
	s := startFake(t, func(s *fakeServer) {
		s.config.PasswordCallback = s.password
		s.sftp = fullDisk{&sync.Map{}, &sync.Map{}}.serve
	})
	r := fakeRig(t, s)
	r.settings["cert_path"] = "/www.crt"
	p := r.deployment("d1", generation(1, "www.example.com")).fails(deploy.Clean, "write_failed")
	if p.Field != "cert_path" || !strings.Contains(p.Message, "16 MiB") {
		t.Errorf("%+v", p)
	}
}

// Some file systems find out that there is no room when a file is brought to the disk, and not before.
func TestADiskThatIsFullAtTheEndIsCalledSo(t *testing.T) {
	for complaint, code := range map[string]string{
		"sync: error syncing 'x': No space left on device": "device_full",
		"sync: error syncing 'x': Input/output error":      "write_failed",
		"sync: error syncing 'x': Invalid argument":        "",
	} {
		bin := t.TempDir()
		script := "#!/bin/sh\n[ $# -eq 0 ] || { echo \"" + complaint + "\" >&2; exit 1; }\n"
		if err := os.WriteFile(filepath.Join(bin, "sync"), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
		s := startFake(t, func(s *fakeServer) {
			s.config.PasswordCallback = s.password
			s.exec = func(command string, channel ssh.Channel) uint32 {
				cmd := exec.Command("/bin/sh", "-c", command)
				cmd.Env = []string{"PATH=" + bin + ":/usr/bin:/bin"}
				cmd.Stdin, cmd.Stdout, cmd.Stderr = channel, channel, channel.Stderr()
				if err := cmd.Run(); err != nil {
					return uint32(cmd.ProcessState.ExitCode())
				}
				return 0
			}
		})
		r := fakeRig(t, s)
		dir := r.mkdir()
		r.settings["cert_path"] = filepath.Join(dir, "www.crt")
		d := r.deployment("d1", generation(1, "www.example.com"))
		if code == "" {
			d.step(deploy.Stage)
			continue
		}
		if p := d.fails(deploy.Stage, code); p.Field != "cert_path" {
			t.Errorf("%+v", p)
		}
		if left := ours(t, dir); len(left) != 0 {
			t.Errorf("%s: left %q", complaint, left)
		}
	}
}

func TestAFullDiskIsCalledSo(t *testing.T) {
	disk := fullDisk{&sync.Map{}, &sync.Map{}}
	s := startFake(t, func(s *fakeServer) { s.config.PasswordCallback = s.password; s.sftp = disk.serve })
	r := fakeRig(t, s)
	r.settings["cert_path"] = "/www.crt"
	p := r.deployment("d1", generation(1, "www.example.com")).fails(deploy.Stage, "device_full")
	if p.Field != "cert_path" || !strings.Contains(p.Message, "disk is full") {
		t.Errorf("%+v", p)
	}
	if _, removed := disk.removed.Load(newName("/www.crt", "d1")); !removed {
		t.Error("the unfinished file was not removed")
	}
}

func TestAJumpHostThatHangsIsLeftWhenTheCallEnds(t *testing.T) {
	accepted := make(chan bool, 10)
	s := startFake(t, func(s *fakeServer) {
		s.config.PasswordCallback = s.password
		s.opened = func(kind string) { accepted <- kind == "direct-tcpip" }
	})
	r := fakeRig(t, s)
	r.settings["jump"] = map[string]any{"host": "127.0.0.1", "port": s.port, "username": "jump", "auth": "password", "host_key": s.hostKey}
	r.secrets["jump.password"] = []byte(fakePassword)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := device{}.Test(ctx, r.call())
		ended <- err
	}()
	if !<-accepted {
		t.Error("nothing was to go onwards")
	}
	cancel() // the jump host took the connection, and nothing comes through it
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the call did not end")
	}
}
