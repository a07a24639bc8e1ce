package main

import (
	"bytes"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/internal/sshtest"
	"github.com/ignisfox/ignisfox/sdk/deploy"
)

func TestCommandsAreRunAsTheyStand(t *testing.T) {
	r := newRig(t, sshtest.Options{})
	said := filepath.Join(r.host.Dir, "said")
	r.settings["check_command"] = `printf '%s' "$HOME;"'$x ` + "`echo %d %s`" + ` {{.}}' > ` + said
	r.settings["fullchain_path"] = "/nowhere/'; touch " + filepath.Join(r.host.Dir, "injected") + "; '"
	d := r.deployment("d1", generation(1, "$(touch injected)"))
	d.step(deploy.Check)
	got, err := os.ReadFile(said)
	if err != nil {
		t.Fatal(err)
	}
	if want := ";$x `echo %d %s` {{.}}"; !strings.HasSuffix(string(got), want) {
		t.Errorf("the shell saw %q, want …%q", got, want)
	}
	if _, err := os.Stat(filepath.Join(r.host.Dir, "injected")); err == nil {
		t.Error("something of the settings became a command")
	}
}

func TestACommandThatFailsSaysWhatItSaid(t *testing.T) {
	r := newRig(t, sshtest.Options{})
	r.settings["check_command"] = "for i in 1 2 3 4 5 6 7 8; do echo line $i; done; echo 'nginx: [emerg] bad' >&2; exit 3"
	p := r.deployment("d1", generation(1, "a.example")).fails(deploy.Check, "check_failed")
	if p.Field != "check_command" || p.Final || !strings.Contains(p.Message, "exit status 3") || !strings.Contains(p.Message, "[emerg] bad") || strings.Contains(p.Message, "line 1") {
		t.Errorf("%+v", p)
	}
	if said := r.transcript(); !strings.Contains(said, "line 1\n") || !strings.Contains(said, "$ for i in") {
		t.Errorf("the transcript is %s", said)
	}
	r.settings["reload_command"] = "kill -9 $$"
	p = r.deployment("d1", generation(1, "a.example")).fails(deploy.Reload, "reload_failed")
	if !strings.Contains(p.Message, "signal KILL") {
		t.Errorf("%+v", p)
	}
	if got := r.deployment("d1", generation(1, "a.example")); got.step(deploy.Stage).Message == "" {
		t.Error("a step without a word")
	}
}

func TestNoCommandIsNoError(t *testing.T) {
	r := newRig(t, sshtest.Options{})
	d := r.deployment("d1", generation(1, "a.example"))
	if got := d.step(deploy.Reload); got.Message != "there is no reload command" {
		t.Errorf("%q", got.Message)
	}
	if n := r.host.Connections(); n != 0 {
		t.Errorf("%d connections for nothing", n)
	}
}

func TestAServiceThatKeepsTheOutputOpenIsNotWaitedFor(t *testing.T) {
	r := newRig(t, sshtest.Options{})
	r.settings["reload_command"] = "echo started; sleep 300 &"
	begin := time.Now()
	got := r.deployment("d1", generation(1, "a.example")).step(deploy.Reload)
	if !strings.Contains(got.Message, "started") {
		t.Errorf("%q", got.Message)
	}
	if took := time.Since(begin); took > time.Minute {
		t.Errorf("took %v", took)
	}
	r.host.KillSessions()
}

func TestNoSecretIsInTheTranscriptOrAnError(t *testing.T) {
	r := newRig(t, sshtest.Options{})
	_, key := r.pair()
	first := generation(1, "a.example")
	r.deployment("d1", first).whole()
	r.settings["check_command"] = "cat " + key + "; echo $SSH_CONNECTION; exit 1"
	d := r.deployment("d2", generation(2, "a.example"))
	p := d.fails(deploy.Check, "check_failed")
	block, _ := pem.Decode(first.Key)
	body := bytes.Split(pem.EncodeToMemory(block), []byte("\n"))[1]
	for name, text := range map[string]string{"transcript": r.transcript(), "problem": p.Message} {
		if strings.Contains(text, string(body)) || strings.Contains(text, string(body[20:40])) {
			t.Errorf("the %s holds a private key: %s", name, text)
		}
	}
}

func TestEndlessOutputIsBounded(t *testing.T) {
	r := newRig(t, sshtest.Options{})
	r.settings["check_command"] = "yes 0123456789 | head -c 30000000; head -c 3000000 /dev/zero | tr '\\0' x; exit 1"
	p := r.deployment("d1", generation(1, "a.example")).fails(deploy.Check, "check_failed")
	if len(p.Message) > 20<<10 || len(r.transcript()) > 600<<10 {
		t.Errorf("a message of %d bytes, a transcript of %d", len(p.Message), len(r.transcript()))
	}
}

func TestWithoutCommandsFilesStillWork(t *testing.T) {
	r := newRig(t, sshtest.Options{SFTPOnly: true})
	cert, _ := r.pair()
	m := generation(1, "a.example")
	if _, err := r.test(); err != nil {
		t.Error(err)
	}
	r.deployment("d1", m).whole()
	wantFile(t, cert, m.Fullchain, 0o644)
}
