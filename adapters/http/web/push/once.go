package push

import (
	"strings"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/core/app/push"
	"github.com/ignisfox/ignisfox/core/script"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/token"
)

// systems are what there is a script for, in the order of the tabs.
var systems = []struct {
	OS    script.OS
	Title string
}{{script.LinuxCron, "bash, cron"}, {script.LinuxSystemd, "bash, systemd timer"}, {script.Windows, "PowerShell"}}

// pullScript is one script as a page shows it.
type pullScript struct {
	OS    script.OS
	Title string
	Name  string // of the file
	Text  string // with the token when the page shows that
}

// install answers the command that sets the script up.
func (s pullScript) install() string {
	if s.OS == script.Windows {
		return "powershell -ExecutionPolicy Bypass -File " + s.Name + " -Install"
	}
	return "sudo bash " + s.Name + " install"
}

// where answers where that command is run.
func (s pullScript) where() string {
	if s.OS == script.Windows {
		return "On the device, as administrator"
	}
	return "On the device"
}

// again answers the command that gives a new token to a device that was set up before.
func (s pullScript) again() string {
	if s.OS == script.Windows {
		slug := strings.TrimSuffix(strings.TrimPrefix(s.Name, "ignisfox-pull-"), ".ps1")
		return `powershell -ExecutionPolicy Bypass -File "$env:ProgramData\Ignisfox\` + slug + `\pull.ps1" -SetToken`
	}
	return "sudo bash /usr/local/sbin/" + s.Name + " token"
}

// scripts answers all scripts of a target; tok may be empty.
func (h *handlers) scripts(rq *kit.Request, t target.Target, tok secret.String) ([]pullScript, error) {
	var out []pullScript
	for _, s := range systems {
		name, _, body, err := h.Push.Script(rq.Context(), rq.Who.Actor, t.ID, string(s.OS), push.ScriptOptions{Token: tok})
		if err != nil {
			return nil, err
		}
		out = append(out, pullScript{s.OS, s.Title, name, string(body)})
		clear(body)
	}
	return out, nil
}

// oncePage is what is shown once: the token of a new target, or a new token.
type oncePage struct {
	Target  target.Target
	Token   string
	Try     string // a command that fetches once
	Scripts []pullScript
	Wait    waiting
	Rotated bool           // the target had a token before
	Old     []target.Token // that live on in grace
}

func (h *handlers) once(rq *kit.Request, t target.Target, tok secret.String) (oncePage, error) {
	p := oncePage{Target: t, Token: tok.Reveal()}
	var err error
	if p.Try, err = script.Once(h.BaseURL); err != nil {
		return p, err
	}
	if p.Scripts, err = h.scripts(rq, t, tok); err != nil {
		return p, err
	}
	_, hash, _ := token.Parse(p.Token)
	for _, k := range t.Tokens {
		if k.Hash == hash {
			p.Wait = waiting{Target: t, Token: k, Since: rq.View.Now.Truncate(time.Second), Every: firstEvery}
		} else {
			p.Old = append(p.Old, k)
		}
	}
	return p, nil
}

// addresses answers where tokens were used last from, each address once.
func addresses(tokens []target.Token) string {
	var out []string
	seen := map[string]bool{}
	for _, k := range tokens {
		if a := k.LastAddress; a.IsValid() && !seen[a.String()] {
			seen[a.String()] = true
			out = append(out, a.String())
		}
	}
	return strings.Join(out, ", ")
}
