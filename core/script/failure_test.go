package script_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/internal/scripttest"
)

func TestEveryFailureKeepsTheOldFiles(t *testing.T) {
	b := installed(t)
	torn := b.two.Chain + b.one.Key
	expired := scripttest.NewPair(t, "old.example.com", time.Now().Add(-time.Hour))
	html := "<!doctype html><title>Sign in to the guest network</title>"
	typed := scripttest.PEM(b.two.Bundle())
	typed.Header["Content-Type"] = "text/html"
	cut := scripttest.PEM(b.two.Bundle())
	cut.Cut = true
	declared := scripttest.PEM(strings.Repeat("x", 1<<22))
	declared.Header["Content-Length"] = strconv.Itoa(1 << 22)
	busy := scripttest.Refusal(503, "busy", "Try again in a moment.")
	not := func(status int, header ...string) scripttest.Answer {
		return scripttest.Refusal(status, "code", "words of the server", header...)
	}
	halfCert := b.two.Chain[:len(b.two.Chain)/4] + b.two.Key
	badChain := b.two.Chain[:strings.LastIndex(b.two.Chain, "-----BEGIN")] +
		"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" + b.two.Key

	for name, c := range map[string]struct {
		answers []scripttest.Answer
		code    int
		words   string
	}{
		"no header reached it": {[]scripttest.Answer{scripttest.Refusal(401, "invalid_token", "Missing bearer token. Use Authorization: Bearer <push-token>.")}, 3, "Missing bearer token."},
		"wrong token":          {[]scripttest.Answer{not(401)}, 3, "401: words of the server"},
		"no key":               {[]scripttest.Answer{scripttest.Refusal(404, "no_key", "No private key in this cert group")}, 4, "404: No private key in this cert group"},
		"bad kind":             {[]scripttest.Answer{not(400)}, 4, "400: words"},
		"forbidden":            {[]scripttest.Answer{not(403)}, 4, "403: words"},
		"a redirect":           {[]scripttest.Answer{{Status: 302, Header: map[string]string{"Location": "/api/push/fetch?kind=bundle"}}}, 4, "302"},
		"empty 204":            {[]scripttest.Answer{{Status: 204}}, 4, "204"},
		"always 500":           {slices.Repeat([]scripttest.Answer{not(500)}, 5), 5, "500: words of the server; gave up after 5 tries"},
		"always 503":           {slices.Repeat([]scripttest.Answer{busy}, 5), 5, "gave up after 5 tries"},
		"always cut":           {slices.Repeat([]scripttest.Answer{cut}, 5), 5, "curl error 18"},
		"429 for a day":        {[]scripttest.Answer{not(429, "Retry-After", "86400")}, 5, "86400 s, leaving it to the next run"},
		"500 of a proxy":       {slices.Repeat([]scripttest.Answer{{Status: 502, Body: html}}, 5), 5, "the server answered 502; gave up"},
		"a torn pair":          {[]scripttest.Answer{scripttest.PEM(torn)}, 6, "do not belong together"},
		"an expired one":       {[]scripttest.Answer{scripttest.PEM(expired.Bundle())}, 6, "has expired"},
		"html":                 {[]scripttest.Answer{{Status: 200, Body: html, Header: map[string]string{"Content-Type": "text/html; charset=utf-8"}}}, 6, "type is wrong"},
		"html called PEM":      {[]scripttest.Answer{scripttest.PEM(html)}, 6, "not one key"},
		"the wrong type":       {[]scripttest.Answer{typed}, 6, "type is wrong"},
		"nothing":              {[]scripttest.Answer{scripttest.PEM("")}, 6, "not one key"},
		"only the chain":       {[]scripttest.Answer{scripttest.PEM(b.two.Chain)}, 6, "not one key"},
		"only the key":         {[]scripttest.Answer{scripttest.PEM(b.two.Key)}, 6, "not one key"},
		"two keys":             {[]scripttest.Answer{scripttest.PEM(b.two.Bundle() + b.two.Key)}, 6, "not one key"},
		"half a certificate":   {[]scripttest.Answer{scripttest.PEM(halfCert)}, 6, "not one key"},
		"broken chain":         {[]scripttest.Answer{scripttest.PEM(badChain)}, 6, "the chain cannot be read"},
		"no newline at end":    {[]scripttest.Answer{scripttest.PEM(strings.TrimSuffix(b.two.Bundle(), "-----END PRIVATE KEY-----\n"))}, 6, "not one key"},
		"too big":              {[]scripttest.Answer{scripttest.PEM(strings.Repeat("x", 1<<22))}, 6, "too big"},
		"too big, and says so": {[]scripttest.Answer{declared}, 6, "too big"},
		"304 with another tag": {[]scripttest.Answer{{Status: 304, Header: map[string]string{"ETag": `"other"`}}}, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := *b
			b.t = t
			b.server.Next(c.answers...)
			b.untouched(c.code, c.words)
			if got := b.server.Log(); len(got) != len(c.answers) {
				t.Errorf("%d requests, want %d", len(got), len(c.answers))
			}
		})
	}
	b.holds(b.one)
}

func TestNoServerKeepsTheOldFiles(t *testing.T) {
	b := installed(t)
	b.server.Close()
	b.untouched(5, "gave up after 5 tries")
}

func TestItWaitsLongerEachTimeAndAtLeastAsToldTo(t *testing.T) {
	b := installed(t)
	b.server.Serve(2, "form-2", b.two.Bundle())
	cut := scripttest.PEM(b.two.Bundle())
	cut.Cut = true
	b.server.Next(
		scripttest.Refusal(500, "internal", "Handler crashed: incident 5"),
		scripttest.Refusal(429, "rate_limited", "Too many requests.", "Retry-After", "138"),
		cut,
		scripttest.Refusal(503, "busy", "Busy.", "Retry-After", "1"),
	)
	b.want(b.Run(), 0, "generation 2 is in place")
	b.holds(b.two)
	b.reloads(2)
	var waits []int
	for _, s := range b.Sleeps() {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		waits = append(waits, n)
	}
	low, high := []int{10, 138, 40, 80}, []int{15, 138, 60, 120}
	for i := range low {
		if len(waits) != len(low) || waits[i] < low[i] || waits[i] > high[i] {
			t.Fatalf("waits %v, want between %v and %v", waits, low, high)
		}
	}
}

func TestBoundsComeFromTheEnvironmentAsNumbersOnly(t *testing.T) {
	b := installed(t)
	b.Env = []string{"IGNISFOX_RETRIES=2", "IGNISFOX_BACKOFF=0"}
	b.server.Next(scripttest.Refusal(500, "internal", "x"), scripttest.Refusal(500, "internal", "x"))
	b.untouched(5, "gave up after 2 tries")
	if waits := b.Sleeps(); len(waits) != 0 {
		t.Errorf("waits: %v", waits)
	}
	b.Env = []string{`IGNISFOX_RETRIES=a[$(touch "$IGNISFOX_ROOT/owned")]`}
	b.untouched(2, "must be a whole number")
	if _, err := os.Stat(filepath.Join(b.Root, "owned")); err == nil {
		t.Error("a setting was run")
	}
}

func TestWordsOfTheServerAreMadeSafe(t *testing.T) {
	b := installed(t)
	b.server.Next(scripttest.Answer{Status: 404, Body: "{\n \"error\": \"\x1b]0;owned\x07 \u202e $(id) " + token + " \\\"q\\\" " + strings.Repeat("long", 500) + "\"\n}"})
	r := b.Run()
	b.want(r, 4, `?]0;owned? ? $(id) [token] \"q\" longlong`)
	if strings.ContainsAny(r.Output, "\x1b\x07\u202e") || len(r.Output) > 500 {
		t.Errorf("said: %q", r.Output)
	}
}

func TestFullDiskKeepsTheOldFiles(t *testing.T) {
	b := installed(t)
	b.server.Serve(2, "form-2", b.two.Bundle())
	for blocks := range 8 { // of 1024 bytes: the first do not hold the answer, the next not its parts, the last hold all
		before := b.Files(dest)
		cmd, out := b.Shell("-c", `ulimit -f "$1"; exec bash "$2"`, "bash", strconv.Itoa(blocks), b.Path())
		err := cmd.Run()
		r := scripttest.Result{Code: cmd.ProcessState.ExitCode(), Output: out.String()}
		if err == nil {
			if blocks < 3 {
				t.Fatalf("%d blocks were enough, so nothing was shown", blocks)
			}
			b.holds(b.two)
			return
		}
		b.want(r, 7, "cannot write")
		if after := b.Files(dest); !maps.Equal(before, after) {
			t.Errorf("with %d blocks the files changed:\n%v\n%v", blocks, before, after)
		}
	}
	t.Error("8 KB were not enough")
}

func TestEveryWriteThatFailsKeepsTheOldPair(t *testing.T) {
	b := installed(t)
	b.server.Serve(2, "form-2", b.two.Bundle())
	for _, tool := range []string{"awk", "ln", "mktemp", "mv", "sync"} {
		real, err := exec.LookPath(tool)
		if err != nil {
			t.Fatal(err)
		}
		b.Tool(tool, "echo "+tool+": no space left on device >&2; exit 1")
		b.want(b.Run(), 7, "cannot write")
		b.holds(b.one)
		b.reloads(1)
		b.Tool(tool, "exec "+real+` "$@"`)
	}
	b.want(b.Run(), 0, "generation 2 is in place")
	b.holds(b.two)
	b.reloads(2)
}

func TestFilesReachTheDiskBeforeTheSwap(t *testing.T) {
	b := installed(t)
	b.server.Serve(2, "form-2", b.two.Bundle())
	b.Tool("sync", `readlink "$IGNISFOX_ROOT`+dest+`/current" >>"$IGNISFOX_ROOT/synced"; printf '%s\n' "${@##*/}" >>"$IGNISFOX_ROOT/synced"`)
	old := b.Files(dest)["current"][len("-> "):]
	b.want(b.Run(), 0, "generation 2 is in place")
	first, _, _ := strings.Cut(strings.TrimPrefix(b.Read("/synced"), old+"\n"), "\ngen-")
	for _, name := range []string{"fullchain.pem", "privkey.pem", "etag", "sums", "reload-due"} {
		if !slices.Contains(strings.Fields(first), name) {
			t.Errorf("%s was not flushed before the swap: %q", name, b.Read("/synced"))
		}
	}
}

func TestADestinationThatCannotBeWritten(t *testing.T) {
	b := newBench(t)
	if err := os.WriteFile(filepath.Join(b.Root, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	b.pull.Dest = "/file/sub"
	b.save("linux-cron")
	b.want(b.Run("install"), 7, "cannot write")
}

func TestATokenFileThatOthersReadIsRefused(t *testing.T) {
	b := installed(t)
	if err := os.Chmod(filepath.Join(b.Root, conf), 0o644); err != nil {
		t.Fatal(err)
	}
	b.untouched(2, "can be read by others")
	if got := b.server.Log(); len(got) != 0 {
		t.Errorf("it asked all the same: %v", got)
	}
	b.want(b.Run("fetch"), 2, "usage")
}
