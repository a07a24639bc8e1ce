// Package script makes the pull scripts that people run on their devices.
//
// A script holds the target's own values and is all a device needs: bash for Linux (with a cron entry or a systemd
// timer), PowerShell for Windows. It installs itself, keeps the token where only root or SYSTEM reads it, fetches over
// the push-token API and changes nothing unless the whole new set is good:
//
//	name, contentType, body, err := script.Render(script.LinuxSystemd, script.Pull{
//		BaseURL: "https://ignisfox.example.com", Target: "web 1", Group: "www.example.com", Token: token,
//	})
//
// Values are data: each reaches the script through the one encoder of its shell (bashQuote, psValue), into a
// single-quoted literal at the top; the rest of the script is the fixed text under parts/. Names that people typed stand
// in comments only, escaped by text.Visible.
package script

import (
	_ "embed" // for the fixed parts
	"fmt"
	"strings"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
)

// OS names a kind of device and scheduler.
type OS string

// The kinds there are a script for.
const (
	LinuxCron    OS = "linux-cron"
	LinuxSystemd OS = "linux-systemd"
	Windows      OS = "windows"
)

// Pull is what a script is made of.
type Pull struct {
	BaseURL  string        // of the server, http or https
	Target   string        // the target's name as typed; shown in a comment
	Group    string        // the group's name as typed; shown in a comment, and the source of file names
	Token    secret.String // the push token; when empty a placeholder stands in its place
	Dest     string        // directory on the device; default /etc/ssl/ignisfox/GROUP or C:\ssl\GROUP
	Reload   string        // run by the shell when the bytes changed; default "systemctl reload nginx", none on Windows; "true" for none
	Schedule Schedule      // default Hourly
}

//go:embed parts/linux.sh
var linuxPart string

//go:embed parts/cron.sh
var cronPart string

//go:embed parts/systemd.sh
var systemdPart string

//go:embed parts/main.sh
var mainPart string

//go:embed parts/windows.ps1
var windowsPart string

// Render answers the script, the file name to save it under and its content type. The body holds the token: Wipe it
// after use. Errors are faults of kind Invalid: bad_os, bad_base_url, bad_dest, bad_reload, bad_token, bad_schedule.
func Render(os OS, p Pull) (name, contentType string, body secret.Bytes, err error) {
	switch os {
	case LinuxCron, LinuxSystemd, Windows:
	default:
		return "", "", body, fault.New(fault.Invalid, "bad_os", "There is no script for this system.").
			Field("os", "Choose linux-cron, linux-systemd or windows.")
	}
	v, err := p.values(os)
	if err != nil {
		return "", "", body, err
	}
	var b strings.Builder
	if os == Windows {
		v.powershell(&b)
		return "ignisfox-pull-" + v.slug + ".ps1", "text/plain; charset=utf-8", secret.NewBytes([]byte(b.String())), nil
	}
	v.bash(&b, os)
	return "ignisfox-pull-" + v.slug + ".sh", "text/x-shellscript; charset=utf-8", secret.NewBytes([]byte(b.String())), nil
}

func (v values) bash(b *strings.Builder, os OS) {
	schedule, made := cronPart, "an entry in /etc/cron.d"
	if os == LinuxSystemd {
		schedule, made = systemdPart, "a systemd service and timer"
	}
	fmt.Fprintf(b, linuxHead, v.group, v.target, v.slug, v.slug, v.slug, made)
	if v.token == placeholder {
		b.WriteString("# Put the target's push token between these quotes, or leave this line: install asks for the token.\n")
	} else {
		b.WriteString("# The push token. install moves it to a file of mode 0600 and removes it from here.\n")
	}
	b.WriteString("unset push_token\n") // or one that came in the environment would hand ours on to every child
	for _, line := range []struct{ name, value string }{
		{"push_token", v.token}, {"base_url", v.baseURL}, {"dest", v.dest},
		{"reload_command", v.reload}, {"slug", v.slug}, {"every", string(v.every)},
	} {
		b.WriteString(line.name + "=" + bashQuote(line.value) + "\n")
	}
	b.WriteString(linuxPart + schedule + mainPart)
}

func (v values) powershell(b *strings.Builder) {
	fmt.Fprintf(b, windowsHead, asciiOnly(v.group), asciiOnly(v.target), v.slug)
	if v.token == placeholder {
		b.WriteString("# Put the target's push token between these quotes, or leave this line: -Install asks for the token.\n")
	} else {
		b.WriteString("# The push token. -Install moves it to a protected file and removes it from here.\n")
	}
	for _, line := range []struct{ name, value string }{
		{"PushToken", v.token}, {"BaseUrl", v.baseURL}, {"Dest", v.dest},
		{"ReloadCommand", v.reload}, {"Slug", v.slug}, {"Every", string(v.every)},
	} {
		b.WriteString("$" + line.name + " = " + psValue(line.value) + "\n")
	}
	b.WriteString(windowsPart)
}
