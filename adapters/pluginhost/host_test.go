package pluginhost

import (
	"context"
	"crypto/tls"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	core "github.com/ignisfox/ignisfox/core/plugin"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/ports"
	"github.com/ignisfox/ignisfox/sdk/plugin"
)

func TestAPluginIsStartedDescribedAndCalled(t *testing.T) {
	h := one(t)
	info, sc, err := h.Find("deploy.one")
	if err != nil {
		t.Fatal(err)
	}
	if info.Title != "Test deploy.one" || info.Kind != core.KindDeploy || info.Version != "1.0.0" || len(info.SHA256) != 64 ||
		!info.Can("test") || !info.Can("swap") || info.Reason != "" || info.Restarts != 0 || len(sc.Fields) != 3 {
		t.Errorf("got %+v with %d fields", info, len(sc.Fields))
	}
	ctx, d := context.Background(), h.deployer("deploy.one")

	problems, err := d.Validate(ctx, doing("wrong", ""))
	if err != nil || problems["do"] != "Do something else than [redacted]." {
		t.Errorf("validate answered %v, %v", problems, err)
	}
	test, err := d.Test(ctx, doing("say", "hello\nwith SECRET"))
	if err != nil || test.Identity != "SHA256:abc" || !test.Confirmed || !slices.Equal(test.Lines, []string{"hello", "with [redacted]"}) {
		t.Errorf("test answered %+v, %v", test, err)
	}
	plan, err := d.Plan(ctx, doing("say", "run me"), ports.DeployMaterial{Fingerprint: "ab12"})
	if err != nil || plan.Present != "ab12" || len(plan.Changes) != 1 || plan.Changes[0] != (ports.DeployChange{What: "run me", Action: "run"}) {
		t.Errorf("plan answered %+v, %v", plan, err)
	}
	var heard []string
	res, err := d.Step(ctx, doing("say", "one\nSECRET\nthree"),
		ports.DeployStep{Deployment: "dep7", Step: "swap", Attempt: 2, State: []byte("before")}, func(l string) { heard = append(heard, l) })
	if err != nil || res.Message != "swap 2 of dep7, state before" || string(res.State) != "next" {
		t.Errorf("step answered %+v, %v", res, err)
	}
	if !slices.Equal(heard, []string{"one", "[redacted]", "three"}) {
		t.Errorf("heard %q", heard)
	}
}

func TestTheMaterialArrivesAndIsTakenOutOfWhatIsSaid(t *testing.T) {
	h := one(t)
	m := ports.DeployMaterial{Generation: 3, Key: secret.NewBytes([]byte("-----BEGIN PRIVATE KEY-----\nAAAABBBBCCCCDDDDEEEEFFFF\n-----END PRIVATE KEY-----\n"))}
	plan, err := h.deployer("deploy.one").Plan(context.Background(), doing("show", ""), m)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(plan.Changes, ports.DeployChange{What: "key " + strconv.Itoa(m.Key.Len()), Action: "run"}) {
		t.Errorf("the key did not arrive: %v", plan.Changes)
	}
	var heard []string
	_, err = h.deployer("deploy.one").Step(context.Background(), doing("say", "it is AAAABBBBCCCCDDDDEEEEFFFF"),
		ports.DeployStep{Step: "stage", Attempt: 1, Material: m}, func(l string) { heard = append(heard, l) })
	if err != nil || !slices.Equal(heard, []string{"it is [redacted]"}) {
		t.Errorf("heard %q, %v", heard, err)
	}
}

func TestNothingOfOursIsInEnvironmentArgumentsOrFiles(t *testing.T) {
	t.Setenv("IGNISFOX_MASTER_KEK", "canary-of-the-environment")
	secretFile, err := os.Create(filepath.Join(t.TempDir(), "open-in-the-server"))
	if err != nil {
		t.Fatal(err)
	}
	defer secretFile.Close()
	h := one(t)
	test, err := h.deployer("deploy.one").Test(context.Background(), doing("show", ""))
	if err != nil {
		t.Fatal(err)
	}
	allowed := []string{"IGNISFOX_PLUGIN", "PLUGIN_MIN_PORT", "PLUGIN_MAX_PORT", "PLUGIN_PROTOCOL_VERSIONS", "PLUGIN_CLIENT_CERT", "PLUGIN_UNIX_SOCKET_DIR"}
	for _, line := range test.Lines {
		what, rest, _ := strings.Cut(line, " ")
		switch what {
		case "env":
			if !slices.Contains(allowed, rest) {
				t.Errorf("the environment holds %s", rest)
			}
		case "stdin":
			if rest != os.DevNull {
				t.Errorf("it reads from %s", rest)
			}
		case "fd":
			if strings.Contains(rest, "open-in-the-server") {
				t.Errorf("a file of the server is open in it: %s", rest)
			}
		}
	}
	proc := "/proc/" + strconv.Itoa(h.PID("deploy.one"))
	env, err := os.ReadFile(proc + "/environ")
	if err != nil || strings.Contains(string(env), "canary") || !strings.Contains(string(env), "PLUGIN_CLIENT_CERT") || strings.Contains(string(env), "PRIVATE") {
		t.Errorf("the environment is %q, %v", env, err)
	}
	cmd, err := os.ReadFile(proc + "/cmdline")
	if err != nil || strings.Count(string(cmd), "\x00") != 1 || !strings.HasPrefix(string(cmd), h.work) {
		t.Errorf("the command line is %q, %v: more than its name, or not the private copy", cmd, err)
	}
	if exe, err := os.Readlink(proc + "/exe"); err != nil || !strings.HasPrefix(exe, h.work) {
		t.Errorf("what runs is %q, %v, and not the private copy", exe, err)
	}
}

// Who finds the socket gets nowhere: the plugin knows the server by its certificate.
func TestAStrangerOnTheSocketIsRefused(t *testing.T) {
	h := one(t)
	links, err := filepath.Glob(filepath.Join(h.work, runPrefix+"*", linkName))
	if err != nil || len(links) != 1 {
		t.Fatal(links, err)
	}
	dir, err := filepath.EvalSymlinks(links[0])
	if err != nil {
		t.Fatal(err)
	}
	var sockets []string
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type()&fs.ModeSocket != 0 {
			sockets = append(sockets, path)
		}
		return err
	})
	if err != nil || len(sockets) != 1 {
		t.Fatal(sockets, err)
	}
	for name, stranger := range map[string]credentials.TransportCredentials{
		"in clear":              insecure.NewCredentials(),
		"without a certificate": credentials.NewTLS(&tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2"}}),
	} {
		conn, err := grpc.NewClient("unix://"+sockets[0], grpc.WithTransportCredentials(stranger))
		if err != nil {
			t.Fatal(err)
		}
		ctx, done := context.WithTimeout(context.Background(), patience)
		if info, err := plugin.NewClient(conn).Describe(ctx); !errors.Is(err, plugin.ErrGone) {
			t.Errorf("%s: it says %+v, %v", name, info, err)
		}
		done()
		_ = conn.Close()
	}
}

func TestACallSeesItsOwnSecretsAlone(t *testing.T) {
	h := one(t)
	d := h.deployer("deploy.one")
	var wg sync.WaitGroup
	for n := range 40 {
		wg.Go(func() {
			c := ports.PluginCall{Settings: map[string]any{"do": "show"}}
			if n > 0 {
				c.Secrets = map[string]secret.Bytes{"password": secret.NewBytes(make([]byte, n))}
			}
			test, err := d.Test(context.Background(), c)
			if err != nil || !slices.Contains(test.Lines, "secret "+strconv.Itoa(n)) || !slices.Contains(test.Lines, "key 0") {
				t.Errorf("call %d saw %q, %v", n, test.Lines, err)
			}
		})
	}
	wg.Wait()
}

func TestTheHostKeepsTheCallersSecretsAsTheyAre(t *testing.T) {
	h := one(t)
	c := doing("show", "")
	if _, err := h.deployer("deploy.one").Test(context.Background(), c); err != nil {
		t.Fatal(err)
	}
	if got := string(c.Secrets["password"].Reveal()); got != password {
		t.Errorf("the caller's secret became %q", got)
	}
}

func TestADisabledPluginIsListedAndDoesNotRun(t *testing.T) {
	s := newShelf(t)
	mark := filepath.Join(t.TempDir(), "ran")
	s.add("deploy.off", bytesOf(t, told{ID: "deploy.off", Version: "1.0.0", Mark: mark}))
	s.add("deploy.on", bytesOf(t, told{ID: "deploy.on", Version: "1.0.0"}))
	log := &journal{}
	d := Deps{Dir: s.dir, Disabled: []string{"deploy.off", "deploy.typo"}, WorkDir: filepath.Join(t.TempDir(), "w"), Now: now, Log: logTo(log)}
	h, err := New(d)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = h.Stop(context.Background()) }()
	all := h.All()
	if len(all) != 2 || all[0].ID != "deploy.off" || all[0].State != core.StateDisabled || all[0].Reason == "" || all[1].State != core.StateReady {
		t.Errorf("got %+v", all)
	}
	if _, err := os.Stat(mark); err == nil {
		t.Error("it ran")
	}
	_, _, err = h.Find("deploy.off")
	wantFault(t, err, "plugin_unavailable")
	_, err = h.Deployer("deploy.off")
	wantFault(t, err, "plugin_unavailable")
	_, err = h.Deployer("deploy.none")
	wantFault(t, err, "unknown_plugin")
	if !strings.Contains(log.String(), "deploy.typo") {
		t.Error("nobody is told that deploy.typo is no plugin")
	}
}

func TestWithoutADirectoryThereAreNoPlugins(t *testing.T) {
	for _, dir := range []string{"", filepath.Join(t.TempDir(), "missing")} {
		log := &journal{}
		h, err := New(Deps{Dir: dir, Now: now, Log: logTo(log), WorkDir: filepath.Join(t.TempDir(), "w")})
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Start(context.Background()); err != nil || len(h.All()) != 0 {
			t.Errorf("got %v, %v", h.All(), err)
		}
		if err := h.Stop(context.Background()); err != nil {
			t.Error(err)
		}
		if got := strings.Count(log.String(), "\n"); got != min(len(dir), 1) {
			t.Errorf("%d lines about %q", got, dir)
		}
	}
}
