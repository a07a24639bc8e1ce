package script

import (
	_ "embed" // for the fixed part
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/text"
)

// System is a family of Linux that Prepare knows the places of.
type System string

// The systems.
const (
	Debian System = "debian" // and Ubuntu
	RedHat System = "redhat" // and its relatives: Alma, Rocky, Fedora
)

// Server is what serves the certificate on a device.
type Server string

// The servers.
const (
	Nginx   Server = "nginx"
	Apache  Server = "apache"
	HAProxy Server = "haproxy"
)

// Device is what Prepare is told of a device that we deploy to by SSH. Empty values stand at the usual ones.
type Device struct {
	Target    string // the target's name as typed; shown in a comment
	User      string // who signs in: a plain name, not root
	Fullchain string // paths of the files of the target
	Key       string
	Combined  string
	Others    []string // further files of the target
}

// Prepared is how a device is made ready: a script to run there once as root, what to write into the target, and how the server is told
// of the files. What the user may do as root is exactly Commands.
type Prepared struct {
	Name     string // of the script's file
	Script   string
	User     string
	Folders  []string
	Commands []string
	Settings []Setting
	Config   string // of the server
	Syntax   string // what Config is: "nginx", "apache", "haproxy"
}

// Setting is one of the target's, in words and by name.
type Setting struct{ Title, Name, Value string }

// place is where things are on a system.
type place struct {
	folder         string
	check, reload  string // as root, the whole command
	userChecks     string // as the target's settings have them
	userReloads    string
	config, syntax string
}

const systemctl = "/usr/bin/systemctl reload "

func places(sys System, srv Server) (place, bool) {
	p := place{syntax: string(srv)}
	switch srv {
	case Nginx:
		p.folder, p.check, p.userChecks = "/etc/nginx/certs", "/usr/sbin/nginx -t", "sudo -n nginx -t"
		p.reload, p.userReloads, p.config = systemctl+"nginx", "sudo -n systemctl reload nginx", nginxConfig
	case Apache:
		p.folder, p.check, p.userChecks = "/etc/apache2/certs", "/usr/sbin/apachectl configtest", "sudo -n apachectl configtest"
		p.reload, p.userReloads, p.config = systemctl+"apache2", "sudo -n systemctl reload apache2", apacheConfig
		if sys == RedHat {
			p.folder, p.reload, p.userReloads = "/etc/httpd/certs", systemctl+"httpd", "sudo -n systemctl reload httpd"
		}
	case HAProxy:
		p.folder, p.check = "/etc/haproxy/certs", "/usr/sbin/haproxy -c -q -f /etc/haproxy/haproxy.cfg"
		p.userChecks = "sudo -n haproxy -c -q -f /etc/haproxy/haproxy.cfg"
		p.reload, p.userReloads, p.config = systemctl+"haproxy", "sudo -n systemctl reload haproxy", haproxyConfig
	default:
		return p, false
	}
	return p, sys == Debian || sys == RedHat
}

const (
	nginxConfig   = "ssl_certificate     %s;\nssl_certificate_key %s;\n"
	apacheConfig  = "SSLEngine on\nSSLCertificateFile    %s\nSSLCertificateKeyFile %s\n"
	haproxyConfig = "bind :443 ssl crt %s\n"
)

// PublicKeyHere stands where the public key belongs.
const PublicKeyHere = "PASTE_THE_PUBLIC_KEY_HERE"

// account is what a user may be called that a line for sudo names: nothing in it has a meaning there.
var account = regexp.MustCompile(`\A[a-z_][a-z0-9_-]{0,31}\z`)

// PlainAccount says whether Prepare can make a user of that name.
func PlainAccount(name string) bool { return account.MatchString(name) && name != "root" }

//go:embed parts/device.sh
var devicePart string

// Prepare answers how a device is made ready to be deployed to. Faults Invalid: bad_os, bad_server, bad_user, bad_dest.
func Prepare(sys System, srv Server, d Device) (Prepared, error) {
	at, ok := places(sys, srv)
	if !ok {
		return Prepared{}, fault.New(fault.Invalid, "bad_server", "There is no recipe for this system and service.").
			Field("service", "Choose nginx, apache or haproxy, on debian or redhat.")
	}
	if d.User == "" {
		d.User = "deploy"
	}
	if !PlainAccount(d.User) {
		return Prepared{}, fault.New(fault.Invalid, "bad_user", "There is no recipe for a user of that name.").
			Field("user", "Use a name of lower-case letters, digits, - and _, and not root.")
	}
	d.usual(at.folder, srv)
	files := append([]string{d.Fullchain, d.Key, d.Combined}, d.Others...)
	for _, f := range files {
		if f != "" && (!path.IsAbs(f) || path.Clean(f) != f || !text.AllPlain(f)) {
			return Prepared{}, fault.New(fault.Invalid, "bad_dest", "There is no recipe for this path.").Field("path", "Give the whole path of a file.")
		}
	}
	out := Prepared{
		Name: "ignisfox-prepare-" + string(srv) + ".sh", User: d.User, Folders: folders(files), Commands: []string{at.check, at.reload}, Syntax: at.syntax,
		Config: d.config(at, srv),
	}
	out.Settings = d.settings(at)
	out.Script = d.script(out)
	return out, nil
}

// usual fills in what is left out.
func (d *Device) usual(folder string, srv Server) {
	if d.Fullchain != "" || d.Key != "" || d.Combined != "" || len(d.Others) > 0 {
		return
	}
	if srv == HAProxy {
		d.Combined = folder + "/www.pem"
		return
	}
	d.Fullchain, d.Key = folder+"/www.crt", folder+"/www.key"
}

func folders(files []string) []string {
	var out []string
	for _, f := range files {
		if dir := path.Dir(f); f != "" && !slices.Contains(out, dir) {
			out = append(out, dir)
		}
	}
	return out
}

// config answers the lines by which the server takes the files; a combined file serves for both.
func (d *Device) config(at place, srv Server) string {
	cert, key := d.Fullchain, d.Key
	if d.Combined != "" && (srv == HAProxy || cert == "" || key == "") {
		cert, key = d.Combined, d.Combined
	}
	switch {
	case srv == HAProxy && d.Combined == "":
		return "# HAProxy wants one file with certificate and key: fill in the path of the combined file in the target.\n"
	case srv == HAProxy:
		return fmt.Sprintf(at.config, path.Dir(cert)+"/")
	case cert == "" || key == "":
		return "# Fill in the paths of full chain and private key in the target, or that of the combined file.\n"
	}
	return fmt.Sprintf(at.config, configured(cert), configured(key))
}

// configured answers a path as nginx and Apache read one word.
func configured(p string) string {
	if strings.ContainsAny(p, " \t\"'\\;{}#$") {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(p) + `"`
	}
	return p
}

func (d *Device) settings(at place) []Setting {
	out := []Setting{{"User", "username", d.User}}
	for _, s := range []Setting{
		{"Full chain", "fullchain_path", d.Fullchain}, {"Private key", "key_path", d.Key}, {"Combined", "combined_path", d.Combined},
		{"Check command", "check_command", at.userChecks}, {"Reload command", "reload_command", at.userReloads},
	} {
		if s.Value != "" {
			out = append(out, s)
		}
	}
	return out
}

const deviceHead = `#!/bin/bash
# Prepares this device for the Ignisfox target %s: a user that signs in with a key, may write its folder, and may check and
# reload one service as root. Nothing else, and nothing that is there already is changed. Run it once, as root: sudo bash %s
set -euo pipefail
umask 077

# The public half of the target's key: ssh-keygen -y -f FILE prints it.
`

func (d *Device) script(p Prepared) string {
	name := text.Visible(d.Target, 200)
	if name == "" {
		name = "(not made yet)"
	}
	var b strings.Builder
	fmt.Fprintf(&b, deviceHead, name, p.Name)
	b.WriteString("public_key=" + bashQuote(PublicKeyHere) + "\n")
	b.WriteString("user=" + bashQuote(p.User) + "\n")
	for _, list := range []struct {
		name   string
		values []string
	}{{"folders", p.Folders}, {"commands", p.Commands}} {
		b.WriteString(list.name + "=(")
		for i, v := range list.values {
			if i > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(bashQuote(v))
		}
		b.WriteString(")\n")
	}
	b.WriteString(devicePart)
	return b.String()
}
