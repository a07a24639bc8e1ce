package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A value that must never come back in a message.
const canary = "canary4711"

func tempFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFlagBeatsEnvironmentBeatsFileBeatsDefault(t *testing.T) {
	file := tempFile(t, "# ours\n\nIGNISFOX_LISTEN = 127.0.0.1:1\nIGNISFOX_API_RATE=1/s\nIGNISFOX_PULL_RATE = \"2/s\"\n")
	src := sources{
		config:  file,
		environ: []string{"IGNISFOX_LISTEN=127.0.0.1:2", "IGNISFOX_API_RATE=3/s", "HOME=/root", "IGNISFOX_METRICS_LISTEN="},
		flags:   map[string]string{"IGNISFOX_LISTEN": "127.0.0.1:3"},
	}
	c, err := load(src)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{c.Listen, c.APIRate.String(), c.PullRate.String(), c.PullTargetRate.String()}
	if want := []string{"127.0.0.1:3", "3/s,burst=3", "2/s,burst=2", "60/h,burst=20"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	want := map[string]string{"LISTEN": originFlag, "API_RATE": originEnv, "PULL_RATE": originFile, "METRICS_LISTEN": originDefault}
	for name, origin := range want {
		if c.origins[name] != origin {
			t.Errorf("%s comes from %s, want %s", name, c.origins[name], origin)
		}
	}
	// The same file, named by the environment.
	c, err = load(sources{environ: []string{"IGNISFOX_CONFIG=" + file}})
	if err != nil || c.Listen != "127.0.0.1:1" {
		t.Errorf("got %v, %v", c, err)
	}
}

func TestDefaultsFollowTheDataDirectory(t *testing.T) {
	c, err := load(sources{flags: map[string]string{"IGNISFOX_DATA_DIR": "/var/lib/fox"}})
	if err != nil {
		t.Fatal(err)
	}
	if c.KEK != "file:/var/lib/fox/kek" || c.DatabaseURL.Reveal() != "sqlite:/var/lib/fox/ignisfox.db" {
		t.Errorf("got %q and %q", c.KEK, c.DatabaseURL.Reveal())
	}
}

func TestSecretsFromFiles(t *testing.T) {
	path := tempFile(t, "postgres://fox:"+canary+"@db/fox\n")
	c, err := load(sources{environ: []string{"IGNISFOX_DATABASE_URL_FILE=" + path}})
	if err != nil || c.DatabaseURL.Reveal() != "postgres://fox:"+canary+"@db/fox" {
		t.Fatalf("got %v, %v", c, err)
	}
	// A stronger place wins whole, whichever form it uses.
	c, err = load(sources{
		environ: []string{"IGNISFOX_DATABASE_URL_FILE=" + path},
		flags:   map[string]string{"IGNISFOX_DATABASE_URL": "sqlite:/x"},
	})
	if err != nil || c.DatabaseURL.Reveal() != "sqlite:/x" {
		t.Fatalf("got %v, %v", c, err)
	}
}

func TestAPasswordOnTheCommandLineIsWarnedOf(t *testing.T) {
	url := "postgres://fox:" + canary + "@db/fox"
	c, err := load(sources{flags: map[string]string{"IGNISFOX_DATABASE_URL": url}})
	if err != nil || len(c.warnings) != 1 || strings.Contains(c.warnings[0], canary) {
		t.Errorf("got %v, %v", c, err)
	}
	c, err = load(sources{environ: []string{"IGNISFOX_DATABASE_URL=" + url}})
	if err != nil || len(c.warnings) != 0 {
		t.Errorf("got %v, %v", c, err)
	}
}

func TestReservedSettingsWarn(t *testing.T) {
	c, err := load(sources{environ: []string{"IGNISFOX_SMTP_URL=smtp://u:" + canary + "@m", "IGNISFOX_MAIL_FROM=fox@example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(c.warnings, "\n")
	want := "IGNISFOX_SMTP_URL has no effect in this version\nIGNISFOX_MAIL_FROM has no effect in this version"
	if got != want {
		t.Errorf("got %q", got)
	}
}

func TestSignUpIsClosedUnlessItIsOpened(t *testing.T) {
	for environ, want := range map[string]bool{"": false, "IGNISFOX_SIGNUP=closed": false, "IGNISFOX_SIGNUP=open": true} {
		c, err := load(sources{environ: []string{environ}})
		if err != nil || c.SignUp != want || len(c.warnings) != 0 {
			t.Errorf("%q: open is %v with %v, %v", environ, c.SignUp, c.warnings, err)
		}
	}
}

// Whoever sets the server up hears at the start what would otherwise meet them at the sign-in page.
func TestABaseURLOverWhichNobodyCanSignInIsWarnedOf(t *testing.T) {
	proxies := "IGNISFOX_TRUSTED_PROXIES=10.0.0.0/8"
	for base, warned := range map[string]bool{
		"http://certs.example.com": true, "http://192.0.2.1:8080": true, "https://certs.example.com": false,
		"http://localhost:8080": false, "http://fox.localhost": false, "http://127.0.0.1:8080": false, "http://[::1]:8080": false,
	} {
		c, err := load(sources{environ: []string{proxies, "IGNISFOX_BASE_URL=" + base}})
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(c.warnings, "\n")
		if strings.Contains(got, "IGNISFOX_BASE_URL is plain http") != warned || warned && !strings.Contains(got, "https") {
			t.Errorf("%s: %q", base, got)
		}
	}
}

func TestTheKEKVariableIsNoUnknownSetting(t *testing.T) {
	environ := []string{"IGNISFOX_KEK=env:IGNISFOX_MASTER", "IGNISFOX_MASTER=" + canary}
	if _, err := load(sources{environ: environ}); err != nil {
		t.Error(err)
	}
	if _, err := load(sources{environ: environ[1:]}); err == nil {
		t.Error("the variable is accepted although nothing names it")
	}
}

func TestTheKEKVariableIsNoSettingInTheFile(t *testing.T) {
	file := tempFile(t, "IGNISFOX_MASTER="+canary+"\n")
	_, err := load(sources{config: file, environ: []string{"IGNISFOX_KEK=env:IGNISFOX_MASTER", "IGNISFOX_MASTER=x"}})
	if err == nil || !strings.Contains(err.Error(), "IGNISFOX_MASTER is not a setting of this version (file)") || strings.Contains(err.Error(), canary) {
		t.Errorf("got %v: nobody would read the key from there", err)
	}
}

// Also where another place wins: somebody meant something else than what stands there.
func TestAQuoteWithoutItsEndStopsTheStart(t *testing.T) {
	for _, value := range []string{`"` + canary, `"`, `"a" ` + canary} {
		file := tempFile(t, "# ours\nIGNISFOX_LISTEN = "+value+"\n")
		_, err := load(sources{config: file, flags: map[string]string{"IGNISFOX_LISTEN": "127.0.0.1:3"}})
		if err == nil || !strings.Contains(err.Error(), "line 2 of the configuration file") || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: got %v", value, err)
		}
	}
	c, err := load(sources{config: tempFile(t, `IGNISFOX_KEK = "file:/a "b""`)})
	if err != nil || c.KEK != `file:/a "b"` {
		t.Errorf("got %v, %v", c, err)
	}
}

// Every refusal names the setting and keeps its value to itself.
func TestRefusals(t *testing.T) {
	dir := t.TempDir()
	for name, tt := range map[string]struct {
		environ []string
		file    string
		want    string
	}{
		"unknown":              {environ: []string{"IGNISFOX_LITSEN=" + canary}, want: "IGNISFOX_LITSEN"},
		"unknown in the file":  {file: "IGNISFOX_LITSEN=" + canary, want: "IGNISFOX_LITSEN"},
		"not ours":             {file: "LISTEN=" + canary, want: "line 1 of the configuration file"},
		"no equals sign":       {file: "\n# x\nIGNISFOX_LISTEN " + canary, want: "line 3 of the configuration file"},
		"twice":                {file: "IGNISFOX_LISTEN=a\nIGNISFOX_LISTEN=" + canary, want: "line 2 of the configuration file sets IGNISFOX_LISTEN again"},
		"no port":              {environ: []string{"IGNISFOX_LISTEN=" + canary}, want: "IGNISFOX_LISTEN (environment) must be host:port"},
		"port too large":       {environ: []string{"IGNISFOX_LISTEN=" + canary + ":65536"}, want: "IGNISFOX_LISTEN"},
		"odd port":             {environ: []string{"IGNISFOX_METRICS_LISTEN=" + canary + ":080"}, want: "IGNISFOX_METRICS_LISTEN"},
		"base url with path":   {environ: []string{"IGNISFOX_BASE_URL=https://" + canary + "/x"}, want: "IGNISFOX_BASE_URL"},
		"base url with user":   {environ: []string{"IGNISFOX_BASE_URL=https://u:" + canary + "@h"}, want: "IGNISFOX_BASE_URL"},
		"base url scheme":      {environ: []string{"IGNISFOX_BASE_URL=ftp://" + canary}, want: "IGNISFOX_BASE_URL"},
		"database":             {environ: []string{"IGNISFOX_DATABASE_URL=mysql://u:" + canary + "@h"}, want: "IGNISFOX_DATABASE_URL"},
		"database, broken":     {environ: []string{"IGNISFOX_DATABASE_URL=postgres://u:" + canary + "@h:port/x"}, want: "IGNISFOX_DATABASE_URL"},
		"kek":                  {environ: []string{"IGNISFOX_KEK=" + canary}, want: "IGNISFOX_KEK"},
		"proxies":              {environ: []string{"IGNISFOX_TRUSTED_PROXIES=10.0.0.0/8," + canary}, want: "IGNISFOX_TRUSTED_PROXIES"},
		"rate":                 {environ: []string{"IGNISFOX_PULL_RATE=" + canary + "/min"}, want: "IGNISFOX_PULL_RATE"},
		"rate of nothing":      {environ: []string{"IGNISFOX_API_RATE=0/min"}, want: "IGNISFOX_API_RATE"},
		"target rate":          {environ: []string{"IGNISFOX_PULL_TARGET_RATE=5/day"}, want: "IGNISFOX_PULL_TARGET_RATE"},
		"sign-up":              {environ: []string{"IGNISFOX_SIGNUP=" + canary}, want: "IGNISFOX_SIGNUP (environment) must be open or closed"},
		"sign-up, capitals":    {environ: []string{"IGNISFOX_SIGNUP=Open"}, want: "IGNISFOX_SIGNUP"},
		"sign-up in the file":  {file: "IGNISFOX_SIGNUP = yes " + canary, want: "IGNISFOX_SIGNUP (file) must be open or closed"},
		"level":                {environ: []string{"IGNISFOX_LOG_LEVEL=" + canary}, want: "IGNISFOX_LOG_LEVEL"},
		"half a pair":          {environ: []string{"IGNISFOX_TLS_CERT=" + canary}, want: "IGNISFOX_TLS_KEY"},
		"both forms":           {environ: []string{"IGNISFOX_DATABASE_URL=sqlite:" + canary, "IGNISFOX_DATABASE_URL_FILE=" + canary}, want: "IGNISFOX_DATABASE_URL_FILE"},
		"no such file":         {environ: []string{"IGNISFOX_DATABASE_URL_FILE=" + dir + "/" + canary}, want: "IGNISFOX_DATABASE_URL_FILE"},
		"a file for no secret": {environ: []string{"IGNISFOX_LISTEN_FILE=" + canary}, want: "IGNISFOX_LISTEN_FILE"},
		"no configuration":     {environ: []string{"IGNISFOX_CONFIG=" + dir + "/" + canary}, want: "configuration file"},
	} {
		src := sources{environ: tt.environ}
		if tt.file != "" {
			src.config = tempFile(t, tt.file)
		}
		_, err := load(src)
		if err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		if !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: %q, want %q and not the value", name, err, tt.want)
		}
	}
}

func TestExposure(t *testing.T) {
	tls := []string{"IGNISFOX_TLS_CERT=c", "IGNISFOX_TLS_KEY=k"}
	proxies := []string{"IGNISFOX_TRUSTED_PROXIES=10.0.0.0/8"}
	for _, tt := range []struct {
		environ []string
		ok      bool
	}{
		{nil, true},
		{[]string{"IGNISFOX_LISTEN=[::1]:80"}, true},
		{[]string{"IGNISFOX_LISTEN=localhost:80"}, true},
		{[]string{"IGNISFOX_LISTEN=:80"}, false},
		{[]string{"IGNISFOX_LISTEN=0.0.0.0:80"}, false},
		{[]string{"IGNISFOX_LISTEN=192.0.2.1:80"}, false},
		{append([]string{"IGNISFOX_LISTEN=0.0.0.0:80"}, tls...), true},
		{append([]string{"IGNISFOX_LISTEN=0.0.0.0:80"}, proxies...), true},
		{[]string{"IGNISFOX_BASE_URL=https://certs.example.com"}, true},
		{[]string{"IGNISFOX_BASE_URL=http://127.0.0.1:81/"}, true},
		{[]string{"IGNISFOX_BASE_URL=http://certs.example.com"}, false},
		{append([]string{"IGNISFOX_BASE_URL=http://certs.example.com"}, proxies...), true},
	} {
		c, err := load(sources{environ: tt.environ})
		if err != nil {
			t.Fatal(err)
		}
		if err := checkExposure(&c.config); (err == nil) != tt.ok {
			t.Errorf("%v: %v", tt.environ, err)
		}
	}
}

// The reference is generated; this says when it was not.
func TestConfigurationReferenceIsFresh(t *testing.T) {
	got, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != settingsDoc() {
		t.Error("docs/configuration.md is stale. Run: go run ./cmd/ignisfox settings-doc > docs/configuration.md")
	}
}
