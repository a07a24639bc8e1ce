package pluginhost

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/ports"
	"github.com/ignisfox/ignisfox/sdk/plugin"
)

func TestAProblemOfAPluginArrivesWithoutSecrets(t *testing.T) {
	h := one(t)
	for _, name := range []string{"test", "plan", "step"} {
		var p *ports.PluginProblem
		err := calls[name](context.Background(), h.deployer("deploy.one"), doing("problem", ""))
		if !errors.As(err, &p) || *p != (ports.PluginProblem{Code: "wrong_credentials", Message: "Not [redacted]", Field: "password", Final: true}) {
			t.Errorf("%s answered %+v", name, err)
		}
	}
}

func TestAnAnswerThatIsTooLargeCostsOneCallOnly(t *testing.T) {
	h := one(t)
	pid := h.PID("deploy.one")
	err := calls["plan"](context.Background(), h.deployer("deploy.one"), doing("big", ""))
	if err != nil { // the SDK of the plugin cut the line, or gRPC refused the message
		wantFault(t, err, "plugin_crashed")
	}
	if h.PID("deploy.one") != pid {
		t.Error("the process ended")
	}
	var longest int
	_, err = h.deployer("deploy.one").Step(context.Background(), doing("big", ""), ports.DeployStep{Step: "stage", Attempt: 1},
		func(l string) { longest = max(longest, len(l)) })
	if err != nil || longest == 0 || longest > 4096 {
		t.Errorf("a line of %d bytes was heard, %v", longest, err)
	}
}

func TestASecretInTheStateIsRefused(t *testing.T) {
	h := one(t)
	key := []byte("-----BEGIN PRIVATE KEY-----\nAAAABBBBCCCCDDDDEEEEFFFF\nGGGGHHHHIIIIJJJJ\n-----END PRIVATE KEY-----\n")
	for _, how := range []string{"", "key as text of JSON", "key as bytes of JSON"} {
		res, err := h.deployer("deploy.one").Step(context.Background(), doing("leak-state", how),
			ports.DeployStep{Step: "stage", Attempt: 1, Material: ports.DeployMaterial{Key: secret.NewBytes(key)}}, nil)
		wantFault(t, err, "plugin_crashed")
		if len(res.State) > 0 {
			t.Errorf("%s: the state is %q", how, res.State)
		}
	}
}

func TestWhatAPluginWritesIsLoggedWithoutSecrets(t *testing.T) {
	h := one(t)
	if err := calls["test"](context.Background(), h.deployer("deploy.one"), doing("stderr", "")); err != nil {
		t.Fatal(err)
	}
	until(t, "all streams in the log", func() bool {
		log := h.log.String()
		return strings.Contains(log, "END-OF-STDERR") && strings.Contains(log, "os.Stderr says") && strings.Contains(log, "os.Stdout says")
	})
	log := h.log.String()
	for _, never := range []string{password, base64.StdEncoding.EncodeToString([]byte(password)), "abcdefghijklmnop", "MIIsecretbody", "debug says", "whatever"} {
		if strings.Contains(log, never) {
			t.Errorf("the log holds %q", never)
		}
	}
	for _, always := range []string{"fd 2 says [redacted]", "hclog says [redacted]", `"level":"ERROR"`, `"plugin":"deploy.one"`, "after the key", "sent Bearer [redacted]"} {
		if !strings.Contains(log, always) {
			t.Errorf("the log does not hold %q", always)
		}
	}
	for line := range strings.Lines(log) {
		if len(line) > 4096 {
			t.Errorf("a line of %d bytes", len(line))
		}
	}
}

func TestAPluginThatWritesWithoutEndIsCutOff(t *testing.T) {
	j := &journal{}
	at := time.Unix(1_000_000, 0)
	o := newOutput(logTo(j), func() time.Time { return at })
	w := o.writer("stderr")
	for range 3 * perMinute {
		_, _ = w.Write([]byte("again\n"))
	}
	if got := strings.Count(j.String(), "again"); got != perMinute {
		t.Errorf("%d lines were logged", got)
	}
	at = at.Add(time.Minute)
	_, _ = w.Write([]byte("later\n"))
	if log := j.String(); !strings.Contains(log, "later") || !strings.Contains(log, `"lines":1200`) {
		t.Errorf("the log ends with %q", log[len(log)-300:])
	}
}

// However many calls come and go meanwhile, what a plugin writes in the middle of a long one holds no secret of it.
func TestTheSecretsOfARunningCallAreLookedForToTheEnd(t *testing.T) {
	j := &journal{}
	o := newOutput(logTo(j), func() time.Time { return time.Unix(0, 0) })
	done := o.hide(plugin.NewRedactor([]byte(password)))
	for range 3 * maxHidden {
		o.hide(plugin.NewRedactor([]byte("of a short call")))()
	}
	w := o.writer("stderr")
	_, _ = w.Write([]byte("with " + password + "\n"))
	done()
	_, _ = w.Write([]byte("and just afterwards with " + password + "\n"))
	if log := j.String(); strings.Contains(log, password) || strings.Count(log, "with [redacted]") != 2 {
		t.Error(log)
	}
	if len(o.hidden) > maxHidden+1 {
		t.Errorf("%d calls are remembered", len(o.hidden))
	}
}

// A line below info that is too long is cut, and is left out all the same.
func TestALongLineOfDebuggingIsLeftOut(t *testing.T) {
	j := &journal{}
	o := newOutput(logTo(j), func() time.Time { return time.Unix(0, 0) })
	w := o.writer("stderr")
	for _, level := range []string{"trace", "debug", "error"} {
		_, _ = w.Write([]byte(`{"@level":"` + level + `","@message":"dump of ` + level + strings.Repeat(" and more", maxRaw/8) + `"}` + "\n"))
	}
	if log := j.String(); strings.Contains(log, "dump of trace") || strings.Contains(log, "dump of debug") || !strings.Contains(log, "dump of error") {
		t.Errorf("%.3000s", log)
	}
}

func TestLinesAreCutWhereverTheWritesEnd(t *testing.T) {
	text := "one\nbefore -----BEGIN RSA PRIVATE KEY-----\nabc\ndef\n-----END RSA PRIVATE KEY-----\ntwo\r\n" + strings.Repeat("x ", maxRaw) + "\nthree\n"
	var want string
	for size := range 40 {
		j := &journal{}
		o := newOutput(logTo(j), func() time.Time { return time.Unix(0, 0) })
		o.log = logTo(j).WithGroup("") // the time differs
		w := o.writer("stderr")
		for rest := text; rest != ""; {
			n := min(size+1, len(rest))
			_, _ = w.Write([]byte(rest[:n]))
			rest = rest[n:]
		}
		var got strings.Builder
		for line := range strings.Lines(j.String()) {
			_, after, _ := strings.Cut(line, `"msg"`)
			got.WriteString(after)
		}
		if want == "" {
			want = got.String()
		}
		if got.String() != want || strings.Count(want, "\n") != 5 || strings.Contains(want, "abc") || !strings.Contains(want, "two") {
			t.Fatalf("in pieces of %d the log is\n%.900s", size+1, got.String())
		}
	}
}

func TestWhatLooksLikeASecretIsTakenOut(t *testing.T) {
	for text, want := range map[string]string{
		"Authorization: Basic dXNlcjpwYXNzd29yZA==":                "Authorization: [redacted] dXNlcjpwYXNzd29yZA==",
		"password=hunter2 user=kim":                                "password=[redacted] user=kim",
		`{"api_key": "abc def", "host": "a"}`:                      `{"api_key": [redacted], "host": "a"}`,
		"https://kim:hunter2@example.com/x":                        "https://kim:[redacted]@example.com/x",
		"jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc": "jwt [redacted]",
		"MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ":       "[redacted]",
		"serving " + strings.Repeat("0a", 32):                      "serving " + strings.Repeat("0a", 32),
		"could not read /etc/nginx/certs/www.example.com.pem":      "could not read /etc/nginx/certs/www.example.com.pem",
		"nginx: the configuration file syntax is ok":               "nginx: the configuration file syntax is ok",
	} {
		if got := withoutTokens(text); got != want && !(strings.Contains(want, "dXNl") && !strings.Contains(got, "dXNl")) {
			t.Errorf("%q became %q", text, got)
		}
	}
}
