package main

import (
	"database/sql"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // for schema
	"github.com/rogpeppe/go-internal/testscript"
	_ "modernc.org/sqlite" // likewise
)

// The commands of the scripts, beside those of testscript:
//
//	serve [-as NAME] [KEY=VALUE …]  starts a server and waits until it listens; sets $URL ($URL_NAME), and
//	                                $METRICS when it serves metrics; its output is in NAME.out and NAME.err (NAME: server)
//	halt [NAME]                     ends it by SIGTERM; it must end in order
//	killserver [NAME]               ends it by SIGKILL
//	owner                           makes kim@example.com owner of Acme
//	api VAR SCOPE …                 makes an API token with these scopes and keeps it in $VAR
//	http STATUS CURL-ARGS …         runs curl; the body goes to the file out, the headers to headers
//	until STATUS CURL-ARGS …        the same, again and again until that status comes
//	browse WHO STATUS PATH CURL-ARGS …   opens a page in the browser of WHO, which has no script; its cookies are in WHO.jar
//	fill WHO STATUS PATH NAME=VALUE …    sends a form from there
//	goes PATH                       the last answer leads there
//	pick VAR FILE PATTERN           sets $VAR to what the group of the pattern finds first in a page
//	totp VAR KEY                    sets $VAR to the next code of an authenticator app; two can be had at a time
//	older TABLE COLUMN DURATION     moves a moment in every row of the database back
//	jsonbody FILE KEY=VALUE …       writes an object; of cert=, key= and chain= the value is a file
//	schema VERSION                  says in the database that another version made it
//	json FILE PATH [VALUE]          finds a.b.0.c in a JSON file; with VALUE it must be that (a leading ! negates)
//	keep VAR [FILE PATH]            sets $VAR to the last standard output, trimmed, or to what json finds
//	port VAR URL                    sets $VAR to the port of a URL
//	absent FILE PATH                the JSON file has nothing there
//	selfsigned NAME DAYS SAN …      makes NAME.key and NAME.pem, self-signed
//	ca NAME [PARENT]                makes a CA, self-signed or signed by PARENT: NAME.key, NAME.pem
//	issue CA NAME DAYS SAN …        makes NAME.key and NAME.pem signed by CA, and NAME.full with both certificates
//	samekey CERT KEY                the two PEM files belong together
var commands = map[string]func(*testscript.TestScript, bool, []string){
	"serve":      cmdServe,
	"halt":       cmdHalt,
	"killserver": cmdKill,
	"owner":      cmdOwner,
	"api":        cmdAPI,
	"http":       cmdHTTP,
	"until":      cmdUntil,
	"jsonbody":   cmdJSONBody,
	"schema":     cmdSchema,
	"json":       cmdJSON,
	"keep":       cmdKeep,
	"absent":     cmdAbsent,
	"port":       cmdPort,
	"selfsigned": cmdSelfSigned,
	"ca":         cmdCA,
	"issue":      cmdIssue,
	"samekey":    cmdSameKey,
	"browse":     cmdBrowse,
	"fill":       cmdFill,
	"goes":       cmdGoes,
	"pick":       cmdPick,
	"totp":       cmdTOTP,
	"older":      cmdOlder,
}

type serversKey struct{}

type servers map[string]*server

func serversOf(ts *testscript.TestScript) servers { return ts.Value(serversKey{}).(servers) }

func cmdServe(ts *testscript.TestScript, neg bool, args []string) {
	refuseNeg(ts, "serve", neg)
	name := "server"
	if len(args) > 1 && args[0] == "-as" {
		name, args = args[1], args[2:]
	}
	if serversOf(ts)[name] != nil {
		ts.Fatalf("serve: %s runs already", name)
	}
	dir := strings.SplitN(ts.Getenv("PATH"), ":", 2)[0]
	var env []string
	for _, key := range []string{"HOME", "PATH", "TMPDIR", "IGNISFOX_DATA_DIR", "IGNISFOX_LISTEN", "IGNISFOX_DATABASE_URL"} {
		if v := ts.Getenv(key); v != "" {
			env = append(env, key+"="+v)
		}
	}
	s, err := launch(filepath.Join(dir, "ignisfox"), ts.MkAbs("."), name, append(env, args...))
	ts.Check(err)
	serversOf(ts)[name] = s
	ts.Defer(s.end)
	ts.Check(s.await())
	ts.Setenv("METRICS", s.metrics)
	ts.Setenv("URL", s.url)
	ts.Setenv("URL_"+name, s.url)
}

func cmdHalt(ts *testscript.TestScript, neg bool, args []string) {
	refuseNeg(ts, "halt", neg)
	s := take(ts, args)
	ts.Check(s.cmd.Process.Signal(syscall.SIGTERM))
	ts.Check(s.wait())
}

func cmdKill(ts *testscript.TestScript, neg bool, args []string) {
	refuseNeg(ts, "kill", neg)
	take(ts, args).end()
}

func take(ts *testscript.TestScript, args []string) *server {
	name := "server"
	if len(args) > 0 {
		name = args[0]
	}
	s := serversOf(ts)[name]
	if s == nil {
		ts.Fatalf("no server called %s runs", name)
	}
	delete(serversOf(ts), name)
	return s
}

func cmdOwner(ts *testscript.TestScript, neg bool, _ []string) {
	refuseNeg(ts, "owner", neg)
	ts.Check(os.WriteFile(ts.MkAbs("owner.password"), []byte("correct horse battery\n"), 0o600))
	ts.Check(ts.Exec("ignisfox", "admin", "create-owner", "--email", "kim@example.com", "--name", "Kim", "--tenant", "Acme",
		"--password-file", "owner.password"))
}

func cmdAPI(ts *testscript.TestScript, neg bool, args []string) {
	refuseNeg(ts, "api", neg)
	words := []string{"admin", "token", "--email", "kim@example.com", "--tenant", "Acme", "--name", "script"}
	for _, scope := range args[1:] {
		words = append(words, "--scope", scope)
	}
	ts.Check(ts.Exec("ignisfox", words...))
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
}

func cmdHTTP(ts *testscript.TestScript, neg bool, args []string) {
	refuseNeg(ts, "http", neg)
	if got := curl(ts, args[1:]); got != args[0] {
		body := ts.ReadFile("out")
		ts.Fatalf("status %s, want %s: %q", got, args[0], body[:min(len(body), 2000)])
	}
}

// curl answers the status.
func curl(ts *testscript.TestScript, args []string) string {
	ts.Check(os.WriteFile(ts.MkAbs("out"), nil, 0o600)) // curl leaves the old one when there is no body
	if err := ts.Exec("curl", append([]string{"-sS", "--max-time", "60", "-o", "out", "-D", "headers", "-w", "%{http_code}"}, args...)...); err != nil {
		ts.Fatalf("curl: %v", err)
	}
	return ts.ReadFile("stdout")
}

func cmdUntil(ts *testscript.TestScript, neg bool, args []string) {
	refuseNeg(ts, "until", neg)
	for end := time.Now().Add(patience); time.Now().Before(end); {
		if curl(ts, args[1:]) == args[0] {
			return
		}
	}
	ts.Fatalf("status %s did not come within %s", args[0], patience)
}

func cmdJSONBody(ts *testscript.TestScript, neg bool, args []string) {
	refuseNeg(ts, "jsonbody", neg)
	body := map[string]string{}
	for _, arg := range args[1:] {
		name, value, _ := strings.Cut(arg, "=")
		if name == "cert" || name == "key" || name == "chain" {
			value = ts.ReadFile(value)
		}
		body[name] = value
	}
	b, err := json.Marshal(body)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b, 0o600))
}

func cmdJSON(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) == 2 {
		got, ok := find(ts, args[0], args[1])
		if !ok {
			ts.Fatalf("nothing at %s in %s", args[1], ts.ReadFile(args[0]))
		}
		ts.Logf("%s", got)
		return
	}
	got, ok := find(ts, args[0], args[1])
	if (ok && got == args[2]) == neg {
		ts.Fatalf("%s is %q, want %q (negated: %v) in %s", args[1], got, args[2], neg, ts.ReadFile(args[0]))
	}
}

func cmdAbsent(ts *testscript.TestScript, neg bool, args []string) {
	refuseNeg(ts, "absent", neg)
	if got, ok := find(ts, args[0], args[1]); ok {
		ts.Fatalf("%s is %q and should not be there", args[1], got)
	}
}

func cmdPort(ts *testscript.TestScript, neg bool, args []string) {
	refuseNeg(ts, "port", neg)
	u, err := url.Parse(args[1])
	ts.Check(err)
	ts.Setenv(args[0], u.Port())
}

func cmdKeep(ts *testscript.TestScript, neg bool, args []string) {
	refuseNeg(ts, "keep", neg)
	if len(args) == 1 {
		ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
		return
	}
	got, ok := find(ts, args[1], args[2])
	if !ok || got == "" {
		ts.Fatalf("nothing at %s in %s", args[2], ts.ReadFile(args[1]))
	}
	ts.Setenv(args[0], got)
}

// find answers what stands at path (a.b.0.c, "len" for the length of a list) as text: strings as they are, the rest as JSON.
func find(ts *testscript.TestScript, file, path string) (string, bool) {
	var v any
	if err := json.Unmarshal([]byte(ts.ReadFile(file)), &v); err != nil {
		ts.Fatalf("%s is no JSON: %v", file, err)
	}
	for part := range strings.SplitSeq(path, ".") {
		switch in := v.(type) {
		case map[string]any:
			next, ok := in[part]
			if !ok {
				return "", false
			}
			v = next
		case []any:
			if part == "len" {
				return strconv.Itoa(len(in)), true
			}
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(in) {
				return "", false
			}
			v = in[i]
		default:
			return "", false
		}
	}
	if s, ok := v.(string); ok {
		return s, true
	}
	b, err := json.Marshal(v)
	ts.Check(err)
	return string(b), true
}

func refuseNeg(ts *testscript.TestScript, name string, neg bool) {
	if neg {
		ts.Fatalf("%s cannot be negated", name)
	}
}

// cmdSchema tells the database that another version of the program made it.
func cmdSchema(ts *testscript.TestScript, neg bool, args []string) {
	refuseNeg(ts, "schema", neg)
	db := database(ts)
	defer func() { _ = db.Close() }()
	_, err := db.Exec(`INSERT INTO ignisfox_schema (version_id, is_applied) VALUES ($1, $2)`, args[0], true)
	ts.Check(err)
}

// database opens that of the script past the program: as a superuser where there are any.
func database(ts *testscript.TestScript) *sql.DB {
	driver, dsn := "sqlite", "file:"+filepath.Join(ts.Getenv("IGNISFOX_DATA_DIR"), "ignisfox.db")+"?_pragma=busy_timeout(60000)"
	if u := ts.Getenv("SUPER_URL"); u != "" {
		driver, dsn = "pgx", u
	}
	db, err := sql.Open(driver, dsn)
	ts.Check(err)
	return db
}
