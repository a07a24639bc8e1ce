package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/internal/sshtest"
	"github.com/ignisfox/ignisfox/sdk/deploy"
	"github.com/ignisfox/ignisfox/sdk/plugin"
)

// watch looks at a folder all the time: whoever is neither owner nor of the group never has a right to a file with a key.
func watch(t *testing.T, dir string) {
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	var looks atomic.Int64
	all.Go(func() {
		for ctx.Err() == nil {
			found, _ := os.ReadDir(dir)
			for _, e := range found {
				if info, err := e.Info(); err == nil && strings.Contains(e.Name(), "www.key") && info.Mode().Perm()&0o077 != 0 {
					t.Errorf("%s has mode %v", e.Name(), info.Mode())
					return
				}
			}
			looks.Add(1)
			time.Sleep(200 * time.Microsecond) // the machine has something else to do
		}
	})
	t.Cleanup(func() {
		cancel()
		all.Wait()
		if looks.Load() < 10 {
			t.Errorf("looked %d times only", looks.Load())
		}
	})
}

// wantPair fails unless certificate and key are those of one of the generations.
func wantPair(t *testing.T, after, cert, key string, of ...deploy.Material) {
	t.Helper()
	c, err1 := os.ReadFile(cert)
	k, err2 := os.ReadFile(key)
	for _, m := range of {
		if err1 == nil && err2 == nil && bytes.Equal(c, m.Fullchain) && bytes.Equal(k, m.Key) {
			return
		}
	}
	t.Errorf("%s: the pair on the disk is of no generation: %v, %v", after, err1, err2)
}

// cuts answers at how many bytes a connection is cut.
func cuts(whole int64, n int) []int64 {
	var at []int64
	for i := range n {
		at = append(at, whole*int64(i+1)/int64(n+1))
	}
	return at
}

func TestAConnectionThatBreaksAnywhereLeavesAWholePair(t *testing.T) {
	modes(t, func(t *testing.T, o sshtest.Options) {
		r := newRig(t, o)
		cert, key := r.pair()
		watch(t, filepath.Dir(key))
		now := generation(0, "www.example.com")
		r.deployment("d0", now).whole()
		n := 0
		for step, times := range map[deploy.Step]int{deploy.Stage: 8, deploy.Swap: 8, deploy.Clean: 2} {
			n++ // once whole, to know how many bytes the step takes
			measure := generation(int64(n), "www.example.com")
			whole := r.bytesOf(fmt.Sprintf("m%d", n), measure, step)
			now = measure
			for _, at := range cuts(whole, times) {
				n++
				next := generation(int64(n), "www.example.com")
				r.breakAt(fmt.Sprintf("d%d", n), next, step, at)
				what := fmt.Sprintf("%s cut after %d of %d bytes", step, at, whole)
				wantPair(t, what, cert, key, now, next)
				if got, _ := os.ReadFile(key); bytes.Equal(got, next.Key) {
					now = next
				}
			}
		}
		if left := ours(t, filepath.Dir(cert)); len(left) > 2 {
			t.Errorf("left %q", left)
		}
	})
}

// bytesOf does a whole deployment and answers how many bytes one of its steps took.
func (r *rig) bytesOf(id string, m deploy.Material, of deploy.Step) (n int64) {
	d := r.deployment(id, m)
	for _, s := range []deploy.Step{deploy.Stage, deploy.Swap, deploy.Clean} {
		d.step(s)
		if s == of {
			n = r.host.Bytes()
		}
	}
	return n
}

// breakAt does a deployment in one of whose steps the connection breaks. Then the host does what it does: every second time it
// calls the step again, else it restores.
func (r *rig) breakAt(id string, m deploy.Material, broken deploy.Step, at int64) {
	r.t.Helper()
	d := r.deployment(id, m)
	for _, s := range []deploy.Step{deploy.Stage, deploy.Swap, deploy.Clean} {
		if s != broken {
			d.step(s)
			continue
		}
		r.host.CutAfter(at)
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		_, err := d.try(ctx, s)
		cancel()
		r.host.CutAfter(-1)
		if err == nil {
			continue // what was cut off was the goodbye
		}
		if at%2 == 0 {
			d.step(s)
			continue
		}
		d.step(deploy.Restore)
		d.step(deploy.Clean)
		return
	}
}

// A sign-in that breaks off anywhere is no refusal: it is tried again by itself, while a refusal waits for a person.
func TestASignInThatBreaksOffIsNoRefusal(t *testing.T) {
	r := newRig(t, sshtest.Options{})
	r.settings["check_command"] = "true"
	whole := r.bytesOfCheck(-1)
	for at := int64(0); at < whole; at += 37 {
		r.bytesOfCheck(at)
	}
}

// bytesOfCheck runs the check command over a connection that is cut, and answers how many bytes it took.
func (r *rig) bytesOfCheck(cut int64) int64 {
	r.t.Helper()
	r.host.CutAfter(cut)
	defer r.host.CutAfter(-1)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	_, err := r.deployment("d", generation(1, "www.example.com")).try(ctx, deploy.Check)
	var p *plugin.Problem
	switch {
	case cut < 0 && err != nil:
		r.t.Fatal(err)
	case err != nil && (!errors.As(err, &p) || p.Final || p.Code != "unreachable" && p.Code != "connection_lost"):
		r.t.Errorf("cut after %d bytes: %v", cut, err)
	}
	return r.host.Bytes()
}

func TestAFileSizeLimitOfTheDevice(t *testing.T) {
	for _, noSFTP := range []bool{false, true} {
		r := newRig(t, sshtest.Options{NoSFTP: noSFTP, MaxFile: 512})
		cert, key := r.pair()
		watch(t, filepath.Dir(key))
		old := generation(1, "www.example.com")
		for path, data := range map[string][]byte{"certs/www.crt": old.Fullchain, "certs/www.key": old.Key} {
			r.host.Write(path, data, map[bool]fs.FileMode{true: 0o600, false: 0o644}[strings.HasSuffix(path, "key")])
		}
		d := r.deployment("d2", generation(2, "www.example.com")) // the key fits, the full chain does not
		p := d.fails(deploy.Stage, "device_full")
		if p.Final || !strings.Contains(p.Message, "limit of file size") {
			t.Errorf("%+v", p)
		}
		wantPair(t, "a limit", cert, key, old)
		if left := ours(t, filepath.Dir(key)); len(left) != 0 {
			t.Errorf("left %q", left)
		}
	}
}

func TestSessionsThatAreKilled(t *testing.T) {
	modes(t, func(t *testing.T, o sshtest.Options) {
		r := newRig(t, o)
		cert, key := r.pair()
		watch(t, filepath.Dir(key))
		all := []deploy.Material{generation(0, "www.example.com")}
		r.deployment("d0", all[0]).whole()
		ctx, cancel := context.WithCancel(context.Background())
		var killer sync.WaitGroup
		killer.Go(func() {
			for n := 0; ctx.Err() == nil; n++ { // a step takes some 80 ms
				time.Sleep(time.Duration(40+n%5*60) * time.Millisecond)
				r.host.KillSessions()
			}
		})
		failed := 0
		for i := range 8 {
			m := generation(int64(i+1), "www.example.com")
			all = append(all, m)
			d := r.deployment(fmt.Sprintf("d%d", i+1), m)
			for _, s := range []deploy.Step{deploy.Stage, deploy.Swap, deploy.Clean} {
				step, cancel := context.WithTimeout(context.Background(), 20*time.Second)
				_, err := d.try(step, s)
				cancel()
				if err == nil {
					continue
				}
				failed++
				break
			}
			if i == 7 {
				cancel()
				killer.Wait()
			}
			for range 50 { // as often as the host would try
				if _, err := d.try(context.Background(), deploy.Restore); err == nil {
					break
				}
			}
			wantPair(t, "killed sessions", cert, key, all...)
		}
		cancel()
		killer.Wait()
		if failed == 0 {
			t.Error("no session was killed in mid-work")
		}
	})
}

func TestAPreviousFileThatSomebodyRemoved(t *testing.T) {
	r := newRig(t, sshtest.Options{})
	cert, key := r.pair()
	r.deployment("d1", generation(1, "www.example.com")).whole()
	d := r.deployment("d2", generation(2, "www.example.com"))
	d.step(deploy.Stage)
	d.step(deploy.Swap)
	if err := os.Remove(previousName(key, "d2")); err != nil {
		t.Fatal(err)
	}
	if p := d.fails(deploy.Restore, "previous_missing"); p.Field != "key_path" {
		t.Errorf("%+v", p)
	}
	if _, err := os.Stat(cert); err != nil {
		t.Error(err)
	}
}

func TestAStagedFileThatSomebodyRemoved(t *testing.T) {
	r := newRig(t, sshtest.Options{})
	cert, key := r.pair()
	first := generation(1, "www.example.com")
	r.deployment("d1", first).whole()
	d := r.deployment("d2", generation(2, "www.example.com"))
	d.step(deploy.Stage)
	if err := os.Remove(newName(cert, "d2")); err != nil {
		t.Fatal(err)
	}
	d.fails(deploy.Swap, "staged_file_missing")
	d.step(deploy.Restore)
	d.step(deploy.Clean)
	wantPair(t, "a removed file", cert, key, first)
	if left := ours(t, filepath.Dir(cert)); len(left) != 0 {
		t.Errorf("left %q", left)
	}
}

func TestWhereLinksAreRefusedThePreviousFileIsMoved(t *testing.T) {
	r := newRig(t, sshtest.Options{})
	cert, key := r.pair()
	first, second := generation(1, "www.example.com"), generation(2, "www.example.com")
	r.deployment("d1", first).whole()
	d := r.deployment("d2", second)
	d.step(deploy.Stage)
	w, err := open(t.Context(), r.call())
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	w.files = noLinks{w.files}
	st, err := readState(deploy.StepRequest{State: d.state}, r.call().Settings)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := swap(w, "d2", st); err != nil {
		t.Fatal(err)
	}
	wantPair(t, "moved", cert, key, second)
	d.step(deploy.Restore)
	wantPair(t, "moved back", cert, key, first)
	names := ours(t, filepath.Dir(cert))
	if slices.Sort(names); len(names) != 0 {
		t.Errorf("left %q", names)
	}
}

type noLinks struct{ files }

func (noLinks) link(string, string) error { return fs.ErrPermission }
