package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/ignisfox/ignisfox/internal/pgtest"
)

// another is a second installation on the same database and with the same key.
func (s *site) another() *site {
	other := *s
	other.dir = filepath.Join(s.t.TempDir(), "data")
	other.out, other.logs = &recording{}, &recording{}
	other.env = append(slices.Clone(s.env), "IGNISFOX_DATA_DIR="+other.dir, "IGNISFOX_KEK=file:"+filepath.Join(s.dir, "kek"), "IGNISFOX_LISTEN=127.0.0.1:0")
	return &other
}

// pluginPID answers the process of the SSH plugin of a server, as it last said that it started it.
func pluginPID(s *deploySite) (pid int) {
	for line := range bytes.Lines(s.logs.bytes()) {
		var said struct {
			Msg, Plugin string
			PID         int
		}
		if json.Unmarshal(line, &said) == nil && said.Msg == "a plugin is ready" && said.Plugin == "deploy.ssh" {
			pid = said.PID
		}
	}
	return pid
}

func (r *faultRun) signalPlugin(s *deploySite, sig syscall.Signal) {
	r.t.Helper()
	pid := pluginPID(s)
	if pid == 0 {
		r.t.Fatal("the server does not say which process its plugin is")
	}
	r.must(syscall.Kill(pid, sig))
}

// pluginRuns waits until the plugin does: one that was ended a short while ago is not started again at once.
func (r *faultRun) pluginRuns() {
	r.t.Helper()
	until(r.t, "the plugin runs", func() bool {
		var out struct{ Items []struct{ ID, Health string } }
		r.read("/plugins", &out)
		for _, p := range out.Items {
			if p.ID == "deploy.ssh" {
				return p.Health == "ok"
			}
		}
		return false
	})
}

func killPlugin(r *faultRun) {
	r.pluginRuns()
	r.hold()
	r.signalPlugin(r.sites[0], syscall.SIGKILL)
	r.host.LetGo()
}

// hangPlugin stops the plugin, for a while or until the server has enough of it.
func hangPlugin(r *faultRun) {
	r.pluginRuns()
	r.hold()
	pid := pluginPID(r.sites[0])
	r.signalPlugin(r.sites[0], syscall.SIGSTOP)
	r.host.LetGo()
	if r.n%40 >= 20 {
		r.pause(5 * time.Second)
		_ = syscall.Kill(pid, syscall.SIGCONT)
		return
	}
	until(r.t, "the server ends a plugin that hangs", func() bool { return syscall.Kill(pid, 0) != nil })
}

// killServerInStep kills it while the plugin talks with the device, or while it looks at the endpoint: before anything is changed, or
// afterwards.
func killServerInStep(r *faultRun) {
	if look := r.rng.IntN(len(deviceSteps) + 2); look < 2 {
		r.holdAt(r.look.hold(look))
	} else {
		r.hold()
	}
	r.sites[0].running.kill()
	r.host.LetGo()
	r.look.letGo()
	r.pause(50 * time.Millisecond)
	r.elapsed()
	r.must(r.sites[0].serve())
}

// stopServerInStep stops it in order, as an upgrade does, while the device stands still. That says nothing about the device: it is the same
// deployment that goes on afterwards, and nothing of it has failed.
func stopServerInStep(r *faultRun) {
	r.hold()
	r.must(r.sites[0].running.stop())
	r.host.LetGo()
	r.must(r.sites[0].serve())
	r.reaches(r.next)
	for _, d := range r.deployments() {
		failed := slices.ContainsFunc(d.Steps, func(s seenStep) bool { return s.State == "failed" })
		if d.Generation == r.next && (failed || d.State != "serving") {
			r.t.Errorf("run %d: a server that was stopped in order had something fail: %s", r.n, d)
		}
	}
}

// killServerSometime kills it at any moment, also between two steps and while it looks at the endpoint, several times.
func killServerSometime(r *faultRun) {
	r.issue()
	for range 1 + r.rng.IntN(3) {
		seen := r.deployments()
		steps := r.rng.IntN(7)
		until(r.t, "a deployment goes on", func() bool {
			seen = r.deployments()
			return seen[0].EndedAt != nil || seen[0].Generation == r.next && len(seen[0].Steps) >= steps
		})
		r.pause(100 * time.Millisecond)
		r.strike()
		r.sites[0].running.kill()
		r.elapsed()
		r.must(r.sites[0].serve())
	}
}

// elapsed is the passing of the time after which somebody else may take over what a dead server had begun.
func (r *faultRun) elapsed() {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	driver, at := "sqlite", "file:"+filepath.Join(r.sites[0].dir, "ignisfox.db")+"?_pragma=busy_timeout(60000)"
	for _, e := range r.sites[0].env {
		if u, ok := strings.CutPrefix(e, "IGNISFOX_DATABASE_URL="); ok {
			driver, at = "pgx", pgtest.SuperURL(r.t, u)
		}
	}
	db, err := sql.Open(driver, at)
	r.must(err)
	defer func() { _ = db.Close() }()
	for _, q := range []string{
		`UPDATE target_status SET lease_until = 1 WHERE holder <> ''`,
		`UPDATE target_due SET due_at = 1 WHERE target_id IN (SELECT target_id FROM target_status WHERE state = 'running')`,
	} {
		_, err := db.ExecContext(ctx, q)
		r.must(err)
	}
}

// working answers which of the servers talks with the device now.
func (r *faultRun) working() int {
	r.t.Helper()
	table, err := os.ReadFile("/proc/net/tcp")
	r.must(err)
	port := fmt.Sprintf("0100007F:%04X", r.host.Port)
	sockets := map[string]bool{}
	for line := range strings.Lines(string(table)) {
		if col := strings.Fields(line); len(col) > 9 && col[2] == port && col[3] == "01" {
			sockets["socket:["+col[9]+"]"] = true
		}
	}
	for i, s := range r.sites {
		open, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pluginPID(s)))
		for _, f := range open {
			if to, err := os.Readlink(f); err == nil && sockets[to] {
				return i
			}
		}
	}
	return r.rng.IntN(len(r.sites)) // nobody: the deployment is over
}

// killOneOfTwo kills the server that works; the other goes on alone.
func killOneOfTwo(r *faultRun) {
	r.hold()
	dead := r.working()
	r.sites[dead].running.kill()
	r.host.LetGo()
	r.api.url = r.sites[1-dead].running.url
	r.elapsed()
	r.reaches(r.next)
	r.must(r.sites[dead].serve())
}

// stopOneOfTwo has the server that works stand still until the other has taken over, and then go on, as a machine does that was
// suspended: what it thinks it has to do is not its any more. Its plugin does not stand still.
func stopOneOfTwo(r *faultRun) {
	r.hold()
	at := r.working()
	r.must(r.sites[at].running.cmd.Process.Signal(syscall.SIGSTOP))
	r.host.LetGo()
	r.api.url = r.sites[1-at].running.url
	r.elapsed()
	if r.rng.IntN(2) == 0 {
		r.reaches(r.next)
	} else {
		r.pause(3 * time.Second)
	}
	r.must(r.sites[at].running.cmd.Process.Signal(syscall.SIGCONT))
}
