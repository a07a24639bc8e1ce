package main

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// draw picks a byte of a deployment in which nothing goes wrong: first a connection, so that short ones are hit as often as long ones,
// then a byte of it, every second time one of those after the sign-in, which is most of it.
func (r *faultRun) draw() (bytes int64) {
	step := r.rng.IntN(len(r.whole))
	for _, n := range r.whole[:step] {
		bytes += n
	}
	all := r.whole[step]
	signIn := min(all, slices.Min(r.whole)) - 600 // the shortest runs one command
	if r.rng.IntN(2) == 0 {
		return bytes + signIn + r.rng.Int64N(all-signIn)
	}
	return bytes + r.rng.Int64N(all)
}

// hold brings a new certificate and returns when the wire to the device stands still in the middle of the deployment, or the
// deployment is over without having come so far.
func (r *faultRun) hold() {
	r.t.Helper()
	r.holdAt(r.host.HoldAfter(r.draw()))
}

// holdAt brings a new certificate and returns when something is held, or nothing is to be held any more.
func (r *faultRun) holdAt(reached <-chan struct{}) {
	r.t.Helper()
	r.issue()
	over := func() bool {
		select {
		case <-reached:
			return true
		default:
			d := r.latest()
			return d != nil && d.EndedAt != nil
		}
	}
	if !eventually(over) {
		r.t.Fatalf("run %d: %s: the deployment stands still by itself\n%s", r.n, r.what.name, r.story())
	}
	r.strike()
}

func (r *faultRun) pause(longest time.Duration) {
	time.Sleep(time.Duration(r.rng.Int64N(int64(longest))))
}

func cutOnce(r *faultRun) {
	r.hold()
	r.host.Drop()
	r.host.LetGo()
}

func cutForGood(r *faultRun) {
	r.hold()
	r.host.CutAfter(r.rng.Int64N(2) * 100)
	r.host.Drop()
	r.host.LetGo()
	// What was begun is put back for minutes; the connection comes back before that ends.
	for end := time.Now().Add(time.Duration(1+r.rng.IntN(8)) * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if d := r.latest(); d.EndedAt != nil {
			r.truth()
			break
		}
	}
	r.host.CutAfter(-1)
}

// deviceHangs lets the device stand still for a while, with all that is signed in to it.
func deviceHangs(r *faultRun) {
	r.hold()
	r.host.Hang()
	r.host.LetGo()
	r.pause(3 * time.Second)
	r.host.Resume()
}

func diskFull(r *faultRun) {
	r.host.LimitFiles([]int{512, 1024}[r.rng.IntN(2)])
	r.issue()
	r.wants(r.ended(), "failed", "device_full")
	r.host.LimitFiles(0)
}

func (r *faultRun) folder() string { return filepath.Dir(r.paths["key_path"].(string)) }

func folderReadOnly(r *faultRun) {
	r.must(os.Chmod(r.folder(), 0o555))
	r.issue()
	r.wants(r.ended(), "failed", "permission_denied")
	r.must(os.Chmod(r.folder(), 0o755))
}

// renameRefused has the new files written and then lets nobody rename them: the folder has become read-only, or there is a folder
// where the certificate was.
func renameRefused(r *faultRun) {
	cert := r.paths["fullchain_path"].(string)
	// Held in the greetings of the second connection: the new files are there. The first one's bytes differ by a few each time, as
	// certificates and signatures do.
	reached := r.host.HoldAfter(r.whole[0] + 600)
	r.issue()
	staged := func() bool {
		select {
		case <-reached:
			d := r.latest()
			return d != nil && d.has("swap")
		default:
			return false
		}
	}
	until(r.t, "the new files are on the device", staged)
	r.strike()
	if r.rng.IntN(2) == 0 {
		r.must(os.Chmod(r.folder(), 0o555))
		r.host.LetGo()
		until(r.t, "the previous files are put back", func() bool { return r.latest().has("restore") })
		r.pause(4 * time.Second)
		r.must(os.Chmod(r.folder(), 0o755))
		r.wants(r.ended(), "rolled_back", "permission_denied")
		return
	}
	saved := filepath.Join(filepath.Dir(r.folder()), "saved.crt")
	r.must(os.Rename(cert, saved))
	r.must(os.Mkdir(cert, 0o755))
	r.host.LetGo()
	var d *seenDeployment
	until(r.t, "the deployment ends", func() bool { d = r.latest(); return d.EndedAt != nil })
	r.must(os.Remove(cert))
	r.must(os.Rename(saved, cert))
	r.wants(d, "rolled_back", "not_a_file")
	r.truth()
	r.again()
}

// again has the target tried again that is not by itself, since only a person can have mended what was wrong.
func (r *faultRun) again() {
	r.t.Helper()
	if s := r.state(); s.NextAttemptAt != nil {
		r.t.Errorf("run %d: %s: it is tried again although that cannot help", r.n, r.what.name)
	}
	r.api.post("/targets/"+r.target+"/deploy", nil)
}

func checkFails(r *faultRun) {
	r.turn("check-fails", true)
	r.issue()
	r.wants(r.ended(), "rolled_back", "check_failed")
	if n := r.svc.Reloads() - r.reloads; n != 0 {
		r.t.Errorf("run %d: nginx was reloaded %d times with what did not pass the check", r.n, n)
	}
	r.turn("check-fails", false)
}

// reloadFails lets the command fail before it has done anything, or after it has done all.
func reloadFails(r *faultRun) {
	r.freely = true
	name := []string{"reload-fails", "reload-fails-late"}[r.rng.IntN(2)]
	r.turn(name, true)
	r.issue()
	r.wants(r.ended(), "rolled_back", "reload_failed")
	r.turn(name, false)
}

func reloadLies(r *faultRun) {
	r.freely = true
	r.turn("reload-lies", true)
	r.issue()
	r.wants(r.ended(), "rolled_back", "serves_other")
	r.turn("reload-lies", false)
}

// otherHostKey gives the device another key; somebody confirms it, and gives the secrets again.
func otherHostKey(r *faultRun) {
	r.host.ChangeHostKey()
	r.issue()
	d := r.ended()
	r.wants(d, "failed", "host_key_changed")
	if s := r.state(); s.NextAttemptAt != nil {
		r.t.Errorf("run %d: a device with another key is tried again by itself", r.n)
	}
	if d.has("swap") || slices.ContainsFunc(d.Steps, func(s seenStep) bool { return s.Name == "stage" && s.Attempt != 1 }) {
		r.t.Errorf("run %d: a device with another key was tried more than once: %s", r.n, d)
	}
	r.api.do(http.MethodPatch, "/targets/"+r.target, "application/json",
		[]byte(`{"settings":{"host_key":"`+r.host.HostKey+`","private_key":"`+strings.ReplaceAll(string(r.host.ClientKey), "\n", `\n`)+`"}}`))
}
