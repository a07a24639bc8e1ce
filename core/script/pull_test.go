package script_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/script"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/internal/scripttest"
)

const (
	token = "pt_canary0Yt9KcR2hLw8ZpE3nJf6uXo1gTi5vHk7aBqWd9DaG"
	dest  = "/etc/ssl/ignisfox/www.example.com"
	conf  = "/etc/ignisfox/www.example.com.conf"
)

// bench is one server and one device that has installed the script and pulled the first generation.
type bench struct {
	*scripttest.Device
	server   *scripttest.Server
	one, two scripttest.Pair
	pull     script.Pull
	t        *testing.T
}

func inAYear() time.Time { return time.Now().AddDate(1, 0, 0) }

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{
		Device: scripttest.NewDevice(t), server: scripttest.NewServer(t, token), t: t,
		one: scripttest.NewPair(t, "one.example.com", inAYear()), two: scripttest.NewRSAPair(t, "two.example.com", inAYear()),
	}
	b.pull = script.Pull{
		BaseURL: b.server.URL, Target: "web 1", Group: "www.example.com", Token: secret.NewString(token),
		Reload: `echo reloaded >>"$IGNISFOX_ROOT/reloads"; exit "$(cat "$IGNISFOX_ROOT/reload-code" 2>/dev/null || echo 0)"`,
	}
	b.server.Serve(1, "form-1", b.one.Bundle())
	return b
}

func installed(t *testing.T) *bench {
	t.Helper()
	b := newBench(t)
	b.save(script.LinuxCron)
	b.want(b.Run("install"), 0, "generation 1 is in place")
	b.holds(b.one)
	b.reloads(1)
	b.server.Log()
	return b
}

func (b *bench) save(os script.OS) {
	b.t.Helper()
	name, _, body, err := script.Render(os, b.pull)
	if err != nil {
		b.t.Fatal(err)
	}
	b.Save(name, body.Reveal())
}

// want checks how a run ended, and that it did not say the token.
func (b *bench) want(r scripttest.Result, code int, words string) {
	b.t.Helper()
	if r.Code != code || !strings.Contains(r.Output, words) {
		b.t.Fatalf("exit code %d, want %d with %q; it said:\n%s", r.Code, code, words, r.Output)
	}
	if strings.Contains(r.Output, token) {
		b.t.Errorf("the token was said:\n%s", r.Output)
	}
}

// holds checks that a pair is in place under the stable names, whole and unreadable by others.
func (b *bench) holds(p scripttest.Pair) {
	b.t.Helper()
	if b.Read(dest+"/fullchain.pem") != p.Chain || b.Read(dest+"/privkey.pem") != p.Key {
		b.t.Error("the device does not hold the pair")
	}
	b.private()
}

// private checks that nothing below the destination can be read by others, and that every key has mode 0600.
func (b *bench) private() {
	b.t.Helper()
	for name, what := range b.Files(dest) {
		if !strings.HasPrefix(what, "-rw------- ") && what != "drwx------" && !strings.HasPrefix(what, "-> ") {
			b.t.Errorf("%s: %s", name, what)
		}
	}
}

func (b *bench) reloads(want int) {
	b.t.Helper()
	if got := strings.Count(b.Read("/reloads"), "reloaded"); got != want {
		b.t.Errorf("reloaded %d times, want %d", got, want)
	}
}

// untouched runs the script and checks that nothing at all changed on the device.
func (b *bench) untouched(code int, words string) {
	b.t.Helper()
	before := b.Files(dest)
	b.want(b.Run(), code, words)
	if after := b.Files(dest); !maps.Equal(before, after) {
		b.t.Errorf("the files changed:\n%v\n%v", before, after)
	}
	b.reloads(1)
}

func TestInstallWithCron(t *testing.T) {
	b := installed(t)
	entry := b.Read("/etc/cron.d/ignisfox-pull-www_example_com")
	if !regexp.MustCompile(`(?m)^[0-5]?[0-9] \* \* \* \* root /usr/local/sbin/ignisfox-pull-www\.example\.com\.sh scheduled$`).MatchString(entry) {
		t.Errorf("cron entry:\n%s", entry)
	}
	checkStored(b)
	b.want(b.Run("scheduled"), 0, "")
	if got := b.Sleeps(); len(got) != 1 {
		t.Errorf("waits before a scheduled pull: %v, want one", got)
	}
	if got := b.server.Log(); !slices.Equal(got, []string{"304"}) {
		t.Errorf("answers: %v", got)
	}
}

func TestInstallWithSystemdDaily(t *testing.T) {
	b := newBench(t)
	b.pull.Schedule = script.Daily
	b.save(script.LinuxSystemd)
	b.want(b.Run("install"), 0, "generation 1 is in place")
	checkStored(b)
	for file, line := range map[string]string{
		"ignisfox-pull-www.example.com.service": "\nExecStart=/bin/bash /usr/local/sbin/ignisfox-pull-www.example.com.sh\n",
		"ignisfox-pull-www.example.com.timer":   "\nOnCalendar=daily\nRandomizedDelaySec=15min\nPersistent=true\n",
	} {
		if got := b.Read("/etc/systemd/system/" + file); !strings.Contains(got, line) {
			t.Errorf("%s:\n%s", file, got)
		}
	}
}

// checkStored looks for the token all over the device: it may be in the token file alone, readable by its owner alone.
func checkStored(b *bench) {
	b.t.Helper()
	if got := b.Read(conf); got != `header = "Authorization: Bearer `+token+"\"\n" {
		b.t.Errorf("token file: %q", got)
	}
	files := b.Files("/")
	if mode := files[conf[1:]]; !strings.HasPrefix(mode, "-rw------- ") {
		b.t.Errorf("token file: %s", mode)
	}
	for name := range files {
		if "/"+name != conf && strings.HasPrefix(files[name], "-r") && strings.Contains(b.Read(name), token) {
			b.t.Errorf("the token is in %s", name)
		}
	}
	saved := filepath.Join(filepath.Dir(b.Root), "ignisfox-pull-www.example.com.sh")
	if _, err := os.Stat(saved); err == nil {
		b.t.Error("the downloaded script with the token in it is still there")
	}
}

func TestInstallAsksForATokenThatIsNotInTheScript(t *testing.T) {
	b := newBench(t)
	b.pull.Token = secret.String{}
	b.save(script.LinuxCron)
	b.want(b.Run(), 2, "there is no token")
	b.want(b.Run("install"), 2, "not a push token")
	b.want(b.Input("pt_with \"quote\n", "install"), 2, "not a push token")
	b.want(b.Input(token+"\n", "install"), 0, "generation 1 is in place")
	checkStored(b)
	b.want(b.Run("install"), 0, "") // again, with the token it has
	b.holds(b.one)
	b.reloads(1)
}

func TestNothingNewTouchesNothing(t *testing.T) {
	b := installed(t)
	b.untouched(0, "")
	if got := b.server.Log(); !slices.Equal(got, []string{"304"}) {
		t.Errorf("answers: %v", got)
	}
}

func TestSameBytesUnderANewETagTouchNoKeyAndReloadNothing(t *testing.T) {
	b := installed(t)
	b.server.Serve(2, "form-2", b.one.Bundle())
	before := b.Files(dest)
	for range 2 {
		b.want(b.Run(), 0, "")
	}
	after := b.Files(dest)
	for name := range before {
		if !strings.HasSuffix(name, "/etag") && before[name] != after[name] {
			t.Errorf("%s changed", name)
		}
	}
	b.reloads(1)
	if got := b.server.Log(); !slices.Equal(got, []string{"200", "304"}) {
		t.Errorf("answers: %v", got)
	}
}

func TestANewGenerationReplacesBothByOneLink(t *testing.T) {
	b := installed(t)
	old := b.Files(dest)
	b.server.Serve(2, "form-2", b.two.Bundle())
	b.want(b.Run(), 0, "generation 2 is in place")
	b.holds(b.two)
	b.reloads(2)
	now := b.Files(dest)
	for _, name := range []string{"fullchain.pem", "privkey.pem"} {
		if now[name] != "-> current/"+name || old[name] != now[name] {
			t.Errorf("%s: %s", name, now[name])
		}
	}
	if now["current"] == old["current"] || now["previous"] != old["current"] {
		t.Errorf("links: %s, %s", now["current"], now["previous"])
	}
	three := scripttest.NewPair(t, "three.example.com", inAYear())
	b.server.Serve(3, "form-3", three.Bundle())
	b.want(b.Run(), 0, "generation 3 is in place")
	b.server.Serve(4, "form-4", b.one.Bundle())
	b.want(b.Run(), 0, "generation 4 is in place")
	b.want(b.Run(), 0, "")
	var kept []string
	for name := range b.Files(dest) {
		if strings.HasPrefix(name, "gen-") && !strings.Contains(name, "/") {
			kept = append(kept, name)
		}
	}
	if len(kept) != 2 {
		t.Errorf("versions kept: %v, want the current and the previous one", kept)
	}
}

func TestAFailedReloadIsSaidAndTriedAgain(t *testing.T) {
	b := installed(t)
	if err := os.WriteFile(filepath.Join(b.Root, "reload-code"), []byte("7"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.server.Serve(2, "form-2", b.two.Bundle())
	b.want(b.Run(), 8, "exit code 7")
	b.holds(b.two)
	b.want(b.Run(), 8, "exit code 7") // by a 304
	b.server.Serve(3, "form-3", b.two.Bundle())
	b.want(b.Run(), 8, "exit code 7") // by a 200 with the same bytes
	if err := os.Remove(filepath.Join(b.Root, "reload-code")); err != nil {
		t.Fatal(err)
	}
	b.want(b.Run(), 0, "")
	b.want(b.Run(), 0, "")
	b.reloads(5)
}

func TestDamagedFilesAreRestored(t *testing.T) {
	b := installed(t)
	if err := os.WriteFile(filepath.Join(b.Root, dest, "fullchain.pem"), []byte("oops"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.want(b.Run(), 0, "in place")
	b.holds(b.one)
	b.reloads(2)
}

func TestPlainFilesOfAnEarlierScriptAreTakenOver(t *testing.T) {
	b := newBench(t)
	b.save(script.LinuxCron)
	dir := filepath.Join(b.Root, dest)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, body := range map[string]string{"fullchain.pem": b.two.Chain, "privkey.pem": b.two.Key} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b.server.Next(scripttest.Refusal(404, "no_key", "No private key in this cert group"))
	b.want(b.Run("install"), 4, "No private key")
	b.holds(b.two)
	b.want(b.Run(), 0, "generation 1 is in place")
	b.holds(b.one)
	b.reloads(1)
	previous := b.Files(dest)["previous"][len("-> "):]
	if b.Read(dest+"/"+previous+"/privkey.pem") != b.two.Key {
		t.Error("the earlier pair was not kept as the previous version")
	}
}

func TestANewTokenAfterRotation(t *testing.T) {
	b := installed(t)
	const next = "pt_second0Yt9KcR2hLw8ZpE3nJf6uXo1gTi5vHk7aBqWd9DaG"
	b.server.Rotate(next)
	b.server.Serve(2, "form-2", b.two.Bundle())
	b.untouched(3, "Unknown token")
	b.want(b.Input(next+"\n", "token"), 0, "generation 2 is in place")
	b.holds(b.two)
}

func TestHostileValuesAreData(t *testing.T) {
	b := newBench(t)
	where := "/srv/it's $(touch owned) `touch owned` \"x\" ;&|*? [a] \\ .new- \u00fc\u0111"
	b.pull.Dest = where
	b.pull.Group = "it's $(touch owned)\n`touch owned`"
	b.pull.Target = "\ntouch owned\n"
	b.pull.Reload = `printf '%s' "it's $((6*7)) \"verbatim\"" >"$IGNISFOX_ROOT/reloads"`
	b.save(script.LinuxCron)
	b.want(b.Run("install"), 0, "generation 1 is in place")
	b.server.Serve(2, "form-2", b.two.Bundle())
	b.want(b.Run(), 0, "generation 2 is in place")
	b.want(b.Run(), 0, "")
	if got := b.server.Log(); !slices.Equal(got, []string{"200", "200", "304"}) {
		t.Errorf("answers: %v", got)
	}
	if b.Read(where+"/fullchain.pem") != b.two.Chain || b.Read(where+"/privkey.pem") != b.two.Key {
		t.Error("the pair is not in the directory of that name")
	}
	if got := b.Read("/reloads"); got != `it's 42 "verbatim"` {
		t.Errorf("the reload command wrote %q", got)
	}
	for name := range b.Files("/") {
		if filepath.Base(name) == "owned" {
			t.Errorf("a value was run: %s", name)
		}
	}
	if _, err := os.Stat("owned"); err == nil {
		t.Error("a value was run")
	}
}
