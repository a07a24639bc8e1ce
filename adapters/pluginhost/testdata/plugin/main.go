// A plugin that misbehaves as it is told: by what a test wrote behind its program when it starts, by its settings when it is called.
package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/ignisfox/ignisfox/sdk/deploy"
	"github.com/ignisfox/ignisfox/sdk/plugin"
	"github.com/ignisfox/ignisfox/sdk/schema"
)

// marker stands before what a test wrote behind the program.
var marker = strings.Join([]string{"#", "told", "#"}, "-")

type told struct {
	ID, Version string
	SlowMS      int    // before it serves
	Mark        string // a file that it makes when it runs
	NoSwap      bool
}

func main() {
	exe, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		panic(err)
	}
	var t told
	if err := json.Unmarshal(exe[bytes.LastIndex(exe, []byte(marker))+len(marker):], &t); err != nil {
		panic(err)
	}
	if t.Mark != "" {
		_ = os.WriteFile(t.Mark, nil, 0o600)
	}
	<-time.After(time.Duration(t.SlowMS) * time.Millisecond)
	steps := []deploy.Step{deploy.Stage, deploy.Swap, deploy.Reload, deploy.Restore}
	if t.NoSwap {
		steps = []deploy.Step{deploy.Stage, deploy.Restore}
	}
	field := schema.Field{Name: "do", Title: "What to do", Type: schema.String}
	deploy.Serve(deploy.Declaration{ID: t.ID, Title: "Test " + t.ID, Summary: "Does as told.", Icon: "plug", Version: t.Version,
		Schema: schema.Schema{Fields: []schema.Field{field,
			{Name: "arg", Title: "With what", Type: schema.String},
			{Name: "password", Title: "Password", Type: schema.String, Secret: true}}},
		Steps: steps,
		Validate: func(s deploy.Settings) schema.Problems {
			if s.String("do") == "wrong" {
				return schema.Problems{"do": "Do something else than " + string(s.Secret("password")) + "."}
			}
			_, _ = act(context.Background(), plugin.Call{Settings: s}, nil)
			return nil
		}}, func() deploy.Target { return device{} })
}

type device struct{}

func (device) Test(ctx context.Context, c deploy.Call) (deploy.TestResult, error) {
	lines, err := act(ctx, c, nil)
	return deploy.TestResult{Identity: "SHA256:abc", Confirmed: true, Lines: lines}, err
}

func (device) Plan(ctx context.Context, c deploy.Call, m deploy.Material) (deploy.Plan, error) {
	lines, err := act(ctx, c, m.Key)
	p := deploy.Plan{Present: m.Fingerprint}
	for _, l := range lines {
		p.Changes = append(p.Changes, deploy.Change{What: l, Action: "run"})
	}
	return p, err
}

func (device) Step(ctx context.Context, c deploy.Call, r deploy.StepRequest) (deploy.StepResult, error) {
	lines, err := act(ctx, c, r.Material.Key)
	for _, l := range lines {
		c.Log.Line(l)
	}
	c.Log.Progress("half")
	res := deploy.StepResult{Message: fmt.Sprintf("%s %d of %s, state %s", r.Step, r.Attempt, r.Deployment, r.State), State: []byte("next")}
	if c.Settings.String("do") == "leak-state" {
		switch c.Settings.String("arg") {
		case "":
			res.State = append([]byte("secret: "), c.Settings.Secret("password")...)
		case "key as text of JSON":
			res.State, err = json.Marshal(map[string]string{"key": string(r.Material.Key)})
		default:
			res.State, err = json.Marshal(map[string][]byte{"key": r.Material.Key})
		}
	}
	return res, err
}

// act does what the settings say.
func act(ctx context.Context, c deploy.Call, key []byte) ([]string, error) {
	secret := string(c.Settings.Secret("password"))
	arg := c.Settings.String("arg")
	switch c.Settings.String("do") {
	case "crash":
		os.Exit(3)
	case "panic":
		panic("with " + secret)
	case "wait": // until told to end
		mark(arg)
		<-ctx.Done()
		return nil, ctx.Err()
	case "hang": // whatever is told
		mark(arg)
		select {}
	case "problem":
		return nil, &plugin.Problem{Code: "wrong_credentials", Message: "Not " + secret, Field: "password", Final: true}
	case "big":
		return []string{strings.Repeat("x", 5<<20)}, nil
	case "stderr":
		fmt.Fprintln(os.Stderr, "os.Stderr says", secret)
		fmt.Fprintln(os.Stdout, "os.Stdout says", secret)
		raw := os.NewFile(2, "raw")
		for _, l := range []string{
			"fd 2 says " + secret, "base64 " + base64.StdEncoding.EncodeToString([]byte(secret)),
			`{"@level":"error","@message":"hclog says ` + secret + `","with":"` + secret + `","password":"whatever"}`,
			`{"@level":"debug","@message":"debug says nothing that is logged"}`,
			"sent Bearer abcdefghijklmnop", "-----BEGIN PRIVATE KEY-----", "MIIsecretbody", "-----END PRIVATE KEY-----", "after the key",
			strings.Repeat("long ", 5000), "END-OF-STDERR",
		} {
			fmt.Fprintln(raw, l)
		}
		return nil, nil
	case "show": // all that can be seen from here
		env, err := os.ReadFile("/proc/self/environ")
		if err != nil {
			return nil, err
		}
		cmd, err := os.ReadFile("/proc/self/cmdline")
		if err != nil {
			return nil, err
		}
		stdin, _ := os.Readlink("/proc/self/fd/0")
		lines := []string{"cmdline " + strconv.Quote(string(cmd)), "stdin " + stdin}
		for v := range strings.SplitSeq(string(env), "\x00") {
			if name, _, _ := strings.Cut(v, "="); name != "" && !strings.Contains(v, "CERTIFICATE") && !strings.Contains(name, "\n") {
				lines = append(lines, "env "+name)
			}
		}
		open, _ := filepath.Glob("/proc/self/fd/*")
		for _, fd := range open {
			to, _ := os.Readlink(fd)
			lines = append(lines, "fd "+to)
		}
		lines = append(lines, "secret "+strconv.Itoa(len(secret)), "key "+strconv.Itoa(len(key)))
		return lines, nil
	case "child": // a process that stays behind
		cmd := exec.Command("/bin/sleep", "600")
		if err := cmd.Start(); err != nil {
			return nil, err
		}
		return []string{strconv.Itoa(cmd.Process.Pid)}, nil
	case "say":
		return strings.Split(strings.ReplaceAll(arg, "SECRET", secret), "\n"), nil
	}
	return nil, nil
}

func mark(path string) {
	if path != "" {
		_ = os.WriteFile(path, nil, 0o600)
	}
}
