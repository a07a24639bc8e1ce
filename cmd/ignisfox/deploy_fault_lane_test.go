package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/internal/sshtest"
	"github.com/ignisfox/ignisfox/internal/testcert"
)

// faultLane is one device with nginx, one target, and one group that is renewed in every run. Its runs come one after the other.
type faultLane struct {
	t      *testing.T
	sites  []*deploySite // the servers, all on one database
	api    *caller
	host   *sshtest.Host
	svc    *sshtest.Service
	look   *turnstile // the endpoint of the target
	probe  *prober
	ca     *testcert.Pair
	name   string
	group  string
	target string
	pairs  []*testcert.Pair // the generations, from 1 on
	paths  map[string]any
	whole  []int64 // bytes of each connection of a deployment in which nothing goes wrong
}

// steps are those with a connection to the device, in order.
var deviceSteps = []string{"stage", "swap", "check", "reload", "clean"}

type seenDeployment struct {
	ID         string
	State      string
	Code       string
	Reason     string
	Generation int
	StartedAt  time.Time  `json:"started_at"`
	EndedAt    *time.Time `json:"ended_at"`
	Steps      []seenStep
}

type seenStep struct {
	Name, State, Code string
	Attempt           int
}

func (d *seenDeployment) has(step string) bool {
	return slices.ContainsFunc(d.Steps, func(s seenStep) bool { return s.Name == step })
}

// point says where it stands.
func (d *seenDeployment) point() string {
	if d == nil || len(d.Steps) == 0 {
		return "before the first step"
	}
	last := d.Steps[len(d.Steps)-1]
	return last.Name + " " + last.State
}

func (d *seenDeployment) String() string {
	text, _ := json.Marshal(d)
	return string(text)
}

type seenTarget struct {
	State         string
	Wanted        *int
	Observed      *int
	Served        []struct{ Fingerprint *string }
	Deployment    string     `json:"last_deployment"`
	NextAttemptAt *time.Time `json:"next_attempt_at"`
	Reason        string
}

func newFaultLane(t *testing.T, name string, o sshtest.Options, sites []*deploySite) *faultLane {
	t.Helper()
	l := &faultLane{t: t, sites: sites, name: name, ca: testcert.Root("Root of " + name).Intermediate("CA of " + name), host: sshtest.Start(t, o)}
	l.api = &caller{t: t, url: sites[0].running.url, token: sites[0].api.token}
	l.svc, l.paths = serve(t, l.host, "nginx")
	l.look = newTurnstile(t, l.svc.Addr())
	l.issue()
	l.target = l.api.post("/targets", map[string]any{
		"name": "device " + name, "type": "deploy.ssh", "group": l.group, "endpoints": []string{l.look.Addr().String()}, "sni": name, "settings": l.settings(),
	})["id"].(string)
	l.reaches(1)
	l.probe = newProber(l.svc.Addr(), name, l.ca)
	l.probe.allow(l.pairs[0])
	t.Cleanup(l.probe.stop)
	// Once with nothing wrong, to know how many bytes go over the wire.
	before := len(l.host.Traffic())
	l.issue()
	l.reaches(2)
	if l.whole = l.host.Traffic()[before:]; len(l.whole) != len(deviceSteps) {
		t.Fatalf("a deployment takes %d connections, not one for each of %v", len(l.whole), deviceSteps)
	}
	l.t.Logf("%s: bytes of each connection: %v", name, l.whole)
	return l
}

// settings are those of the target. What the commands do is decided by files in the folder of the service.
func (l *faultLane) settings() map[string]any {
	out := map[string]any{
		"host": l.host.Hostname, "port": l.host.Port, "username": l.host.User, "auth": "key", "private_key": string(l.host.ClientKey),
		"host_key": l.host.HostKey, "check_command": fmt.Sprintf("if [ -e %s ]; then exit 1; fi; %s", l.switchFile("check-fails"), l.svc.Check),
		"reload_command": fmt.Sprintf("if [ -e %s ]; then exit 1; fi; [ -e %s ] || %s; if [ -e %s ]; then exit 1; fi",
			l.switchFile("reload-fails"), l.switchFile("reload-lies"), l.svc.Reload, l.switchFile("reload-fails-late")),
	}
	for field, p := range l.paths {
		out[field] = p
	}
	return out
}

func (l *faultLane) switchFile(name string) string { return filepath.Join(l.svc.Dir, name) }

// turn switches one of the faults of the commands on or off.
func (l *faultLane) turn(name string, on bool) {
	l.t.Helper()
	if on {
		l.host.Write(filepath.Join(filepath.Base(l.svc.Dir), name), nil, 0o644)
		return
	}
	l.must(os.Remove(l.switchFile(name)))
}

func (l *faultLane) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

// issue uploads the next certificate and answers it.
func (l *faultLane) issue() *testcert.Pair {
	l.t.Helper()
	leaf := l.ca.Leaf(l.name, testcert.Days(30+len(l.pairs)))
	l.pairs = append(l.pairs, leaf)
	if l.probe != nil {
		l.probe.allow(append(l.probe.allowed(), leaf)...)
	}
	l.group = l.api.upload(leaf, l.ca)
	return leaf
}

func (l *faultLane) read(path string, into any) {
	l.t.Helper()
	l.must(json.Unmarshal(l.api.get(path), into))
}

func (l *faultLane) state() (s seenTarget) {
	l.t.Helper()
	l.read("/targets/"+l.target, &s)
	return s
}

// deployments answers the newest ones, newest first.
func (l *faultLane) deployments() []*seenDeployment {
	l.t.Helper()
	var out struct{ Items []*seenDeployment }
	l.read("/targets/"+l.target+"/deployments?limit=50", &out)
	return out.Items
}

// latest answers the newest deployment of the newest generation; nil when there is none yet.
func (l *faultLane) latest() *seenDeployment {
	l.t.Helper()
	if all := l.deployments(); len(all) > 0 && all[0].Generation == len(l.pairs) {
		return all[0]
	}
	return nil
}

// reaches waits until the target is up to date with a generation.
func (l *faultLane) reaches(generation int) {
	l.t.Helper()
	var s seenTarget
	if !eventually(func() bool {
		s = l.state()
		return s.State == "up_to_date" && s.Observed != nil && *s.Observed == generation
	}) {
		l.t.Fatalf("the target is %s: %s\n%s", s.State, s.Reason, l.story())
	}
}

// story tells what happened, for the report of a failure.
func (l *faultLane) story() string {
	var out strings.Builder
	for _, d := range l.deployments()[:min(4, len(l.deployments()))] {
		fmt.Fprintln(&out, d)
		var whole struct{ Transcript string }
		l.read("/targets/"+l.target+"/deployments/"+d.ID, &whole)
		fmt.Fprintln(&out, whole.Transcript)
	}
	for _, s := range l.sites {
		fmt.Fprintln(&out, s.logs.tail())
	}
	return out.String()
}

// onDisk answers the generation whose pair is in place on the device, 0 when it is none.
func (l *faultLane) onDisk() int {
	return l.pairOf(l.paths["fullchain_path"].(string), l.paths["key_path"].(string))
}

func (l *faultLane) pairOf(cert, key string) int {
	c, err1 := os.ReadFile(cert)
	k, err2 := os.ReadFile(key)
	if err1 != nil || err2 != nil {
		return 0
	}
	for i, p := range l.pairs {
		if bytes.Equal(c, slices.Concat(p.CertPEM, l.ca.CertPEM)) && bytes.Equal(k, p.KeyPEM) {
			return i + 1
		}
	}
	return 0
}

// served answers the generation that is served, 0 for something else.
func (l *faultLane) served() int {
	state, err := l.svc.Look(l.name)
	if err != nil {
		return 0
	}
	return 1 + slices.IndexFunc(l.pairs, func(p *testcert.Pair) bool { return p.Cert.Equal(state.PeerCertificates[0]) })
}

// faultRun is one run of a fault in a lane.
type faultRun struct {
	*faultLane
	n     int
	rng   *rand.Rand
	count *faultCount
	what  mishap

	old, next int  // generations
	reloads   int  // of nginx before
	freely    bool // the reload itself is what goes wrong: how often it is called says nothing
	began     time.Time
}

// suffer has one fault come over the lane.
func (l *faultLane) suffer(i int, f mishap, rng *rand.Rand, count *faultCount) {
	l.t.Helper()
	r := &faultRun{faultLane: l, n: i, rng: rng, count: count, what: f, old: len(l.pairs), reloads: l.svc.Reloads(), began: time.Now()}
	r.next = r.old + 1
	l.probe.allow(l.pairs[r.old-1])
	defer func() {
		if l.t.Failed() {
			l.t.Logf("run %d: %s", i, f.name)
		}
	}()
	f.do(r)
	r.converge()
	count.mu.Lock()
	count.runs++
	count.mu.Unlock()
	l.t.Logf("run %d: %s: %.1f s", i, f.name, time.Since(r.began).Seconds())
}

// end closes the books of a lane.
func (l *faultLane) end(count *faultCount) {
	l.t.Helper()
	l.probe.stop()
	looks, err := l.probe.result()
	if err != nil {
		l.t.Errorf("the TLS client saw what it should not: %v\n%s", err, l.svc.Log())
	}
	count.mu.Lock()
	count.looks += looks
	count.mu.Unlock()
}

// strike notes where the deployment stands.
func (r *faultRun) strike() {
	r.t.Helper()
	point := r.latest().point()
	r.t.Logf("run %d: %s: struck at %s", r.n, r.what.name, point)
	r.count.struck(r.what.in + " " + point)
}

// ended waits until the deployment of the new generation has ended, and answers it.
func (r *faultRun) ended() *seenDeployment {
	r.t.Helper()
	var d *seenDeployment
	if !eventually(func() bool { d = r.latest(); return d != nil && d.EndedAt != nil }) {
		r.t.Fatalf("run %d: %s: the deployment does not end\n%s", r.n, r.what.name, r.story())
	}
	r.truth()
	return d
}

// wants says how a deployment should have ended.
func (r *faultRun) wants(d *seenDeployment, state, code string) {
	r.t.Helper()
	if d.State != state || d.Code != code || d.Reason == "" {
		r.t.Errorf("run %d: %s: it ended as %s (%s), not %s (%s): %s", r.n, r.what.name, d.State, d.Code, state, code, d)
	}
}

// truth compares what the API says with what is. It is not asked while something is going on.
func (r *faultRun) truth() {
	r.t.Helper()
	var s seenTarget
	var disk, served int
	told := false
	// For a tenth of a second after a reload nginx still lets its old processes answer.
	for end := time.Now().Add(2 * time.Second); !told && time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if s = r.state(); s.State == "deploying" {
			return
		}
		disk, served = r.onDisk(), r.served()
		told = r.told(s, disk, served)
	}
	if again := r.state(); !told && again.Deployment == s.Deployment && again.State == s.State {
		text, _ := json.Marshal(s)
		r.t.Errorf("run %d: %s: %d is on the disk and %d is served, of %d (old) and %d (new), and the API says %s\n%s", r.n, r.what.name,
			disk, served, r.old, r.next, text, r.story())
	}
}

// told says whether what the API tells is so.
func (r *faultRun) told(s seenTarget, disk, served int) bool {
	for _, one := range s.Served {
		if one.Fingerprint != nil && (served == 0 || *one.Fingerprint != fingerprintOf(r.pairs[served-1])) {
			return false
		}
	}
	switch {
	case s.Wanted == nil || *s.Wanted != r.next:
		return false
	case s.State == "up_to_date":
		return disk == r.next && served == r.next && s.Observed != nil && *s.Observed == r.next
	case s.State == "rolled_back":
		return disk == r.old && served == r.old && s.Observed != nil && *s.Observed == r.old && s.Reason != ""
	case s.State == "failed" || s.State == "unreachable" || s.State == "serving_other":
		return s.Reason != "" && (s.Observed == nil || *s.Observed == disk)
	}
	return false
}

// converge says that nothing is wrong any more: the target gets what it wants, and everything is as it should be.
func (r *faultRun) converge() {
	r.t.Helper()
	// What waits for its next attempt need not wait for it here.
	if !eventually(func() bool {
		s := r.state()
		if s.State != "deploying" && s.State != "up_to_date" && s.NextAttemptAt != nil {
			r.api.post("/targets/"+r.target+"/deploy", nil)
		}
		return s.State == "up_to_date" && *s.Observed == r.next
	}) {
		r.t.Fatalf("run %d: %s: the target did not get up to date\n%s", r.n, r.what.name, r.story())
	}
	r.truth()
	r.noRemains()
	r.journal()
	if looks, err := r.probe.result(); err != nil {
		r.t.Fatalf("run %d: %s: in %d connections the TLS client saw what it should not: %v\n%s\n%s", r.n, r.what.name, looks, err, r.svc.Log(), r.story())
	}
	if r.t.Failed() {
		r.t.FailNow()
	}
}

// noRemains looks for files that should not be there: beside the pair stands the one before it, whole, and nothing else. Older ones
// stay, until the next deployment, when the tidying up itself failed and the journal says so.
func (r *faultRun) noRemains() {
	r.t.Helper()
	const previous = ".ignisfox-previous-"
	cert, key := r.paths["fullchain_path"].(string), r.paths["key_path"].(string)
	beside := func(p, of string) string { return filepath.Join(filepath.Dir(p), "."+filepath.Base(p)+previous+of) }
	names, err := os.ReadDir(filepath.Dir(cert))
	r.must(err)
	var left []string
	found := false
	for _, n := range names {
		if !strings.Contains(n.Name(), ".ignisfox-") {
			continue
		}
		left = append(left, n.Name())
		_, of, is := strings.Cut(n.Name(), previous)
		found = found || is && r.pairOf(beside(cert, of), beside(key, of)) == r.old
		if !is {
			r.t.Errorf("run %d: %s: left on the device: %s\n%s", r.n, r.what.name, n.Name(), r.story())
		}
	}
	tidied := !slices.ContainsFunc(r.latest().Steps, func(s seenStep) bool { return s.Name == "clean" && s.State == "failed" })
	if !found || tidied && len(left) != 2 {
		r.t.Errorf("run %d: %s: left on the device: %q, and not the pair of generation %d alone\n%s", r.n, r.what.name, left, r.old, r.story())
	}
}

// journal looks at what is written down: one deployment at a time, each to its end, and one reload for the generation unless it was
// taken back.
func (r *faultRun) journal() {
	r.t.Helper()
	all, undone := r.deployments(), false
	for i, d := range all {
		if d.Generation != r.next {
			break
		}
		undone = undone || d.has("restore")
		if d.EndedAt == nil || slices.ContainsFunc(d.Steps, func(s seenStep) bool { return s.State == "begun" }) {
			r.t.Errorf("run %d: %s: not to its end: %s", r.n, r.what.name, d)
		}
		if i > 0 && d.EndedAt != nil && all[i-1].StartedAt.Before(*d.EndedAt) {
			r.t.Errorf("run %d: %s: two deployments at a time: %s and %s", r.n, r.what.name, d, all[i-1])
		}
	}
	if n := r.svc.Reloads() - r.reloads; !undone && !r.freely && n != 1 {
		r.t.Errorf("run %d: %s: %d reloads for one generation\n%s", r.n, r.what.name, n, r.story())
	}
}
