package main

import (
	"html"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/pquerna/otp/totp"
	"github.com/rogpeppe/go-internal/testscript"
)

// The commands of the scripts that are a browser without JavaScript; commands_test.go lists them.

func cmdBrowse(ts *testscript.TestScript, neg bool, args []string) {
	refuseNeg(ts, "browse", neg)
	visit(ts, args[0], args[1], args[2], args[3:]...)
}

func cmdFill(ts *testscript.TestScript, neg bool, args []string) {
	refuseNeg(ts, "fill", neg)
	form := []string{"-X", "POST"}
	for _, field := range args[3:] {
		form = append(form, "--data-urlencode", field)
	}
	visit(ts, args[0], args[1], args[2], form...)
}

// visit makes a request as the browser of who does, with the headers of one and its cookies, and wants that status.
func visit(ts *testscript.TestScript, who, status, path string, args ...string) {
	words := []string{"-b", who + ".jar", "-c", who + ".jar", "-A", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
		"-H", "Accept: text/html", "-H", "Sec-Fetch-Site: same-origin", "-H", "Origin: " + ts.Getenv("URL")}
	if _, err := os.Stat(ts.MkAbs(who + ".jar")); err != nil {
		ts.Check(os.WriteFile(ts.MkAbs(who+".jar"), nil, 0o600))
	}
	cmdHTTP(ts, false, append(append([]string{status}, append(words, args...)...), ts.Getenv("URL")+path))
}

func cmdGoes(ts *testscript.TestScript, neg bool, args []string) {
	refuseNeg(ts, "goes", neg)
	for line := range strings.Lines(ts.ReadFile("headers")) {
		if name, to, _ := strings.Cut(strings.TrimSpace(line), ": "); strings.EqualFold(name, "location") {
			if to != args[0] {
				ts.Fatalf("the answer leads to %s, want %s", to, args[0])
			}
			return
		}
	}
	ts.Fatalf("the answer leads nowhere, want %s: %s", args[0], ts.ReadFile("headers"))
}

func cmdPick(ts *testscript.TestScript, neg bool, args []string) {
	refuseNeg(ts, "pick", neg)
	found := regexp.MustCompile(args[2]).FindStringSubmatch(ts.ReadFile(args[1]))
	if len(found) != 2 {
		ts.Fatalf("%s has no %s with one group", args[1], args[2])
	}
	ts.Setenv(args[0], html.UnescapeString(found[1]))
}

// codesKey is where a script keeps which codes of its apps were used last.
type codesKey struct{}

const codePeriod = 30 * time.Second

// cmdTOTP is an app whose owner types in each code once: the server takes the current one and that of the next half minute.
func cmdTOTP(ts *testscript.TestScript, neg bool, args []string) {
	refuseNeg(ts, "totp", neg)
	key, now := strings.ReplaceAll(args[1], " ", ""), time.Now().Truncate(codePeriod)
	used := ts.Value(codesKey{}).(map[string]time.Time)
	at := now
	if last, ok := used[key]; ok && !last.Before(now) {
		at = last.Add(codePeriod)
	}
	if at.After(now.Add(codePeriod)) {
		ts.Fatalf("totp: the server takes no third code in a minute; use a recovery code")
	}
	used[key] = at
	code, err := totp.GenerateCode(key, at)
	ts.Check(err)
	ts.Setenv(args[0], code)
}

func cmdOlder(ts *testscript.TestScript, neg bool, args []string) {
	refuseNeg(ts, "older", neg)
	by, err := time.ParseDuration(args[2])
	ts.Check(err)
	db := database(ts)
	defer func() { _ = db.Close() }()
	done, err := db.Exec(`UPDATE `+args[0]+` SET `+args[1]+` = `+args[1]+` - $1`, by.Microseconds())
	ts.Check(err)
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		ts.Fatalf("older: %d rows, %v", n, err)
	}
}
