package sshtest

import (
	"bytes"
	"crypto/tls"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Service is a TLS server of Debian's packages, run as the user of a host.
type Service struct {
	Port   int
	Dir    string // its folder below that of the host
	Check  string // a command that asks whether the configuration is good
	Reload string // a command that makes the service read it anew

	h     *Host
	kind  kind
	where string // binary
	run   *process
}

// kind is how one program is set up and told to reload.
type kind struct {
	binary string
	main   string // the main configuration
	start  []string
	check  string
	reload string
}

// {dir} is the folder of the service, {port} its port, {binary} the program and {modules} the modules of Apache.
var kinds = map[string]kind{
	"nginx": {"nginx", `daemon off;
worker_processes 1;
pid {dir}/service.pid;
error_log stderr notice;
events {}
http {
	access_log off;
	client_body_temp_path {dir}/tmp;
	proxy_temp_path {dir}/tmp;
	fastcgi_temp_path {dir}/tmp;
	uwsgi_temp_path {dir}/tmp;
	scgi_temp_path {dir}/tmp;
	include {dir}/site.conf;
}
`, []string{"-p", "{dir}", "-c", "{dir}/main.conf", "-e", "stderr"}, "{binary} -t -q -p {dir} -c {dir}/main.conf -e stderr",
		"{binary} -s reload -p {dir} -c {dir}/main.conf -e stderr"},
	"apache": {"apache2", `ServerRoot {dir}
ServerName localhost
PidFile {dir}/service.pid
DefaultRuntimeDir {dir}
Listen 127.0.0.1:{port}
ErrorLog {dir}/error.log
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule socache_shmcb_module {modules}/mod_socache_shmcb.so
LoadModule ssl_module {modules}/mod_ssl.so
IncludeOptional {dir}/site.conf
`, []string{"-d", "{dir}", "-f", "{dir}/main.conf", "-D", "FOREGROUND"}, "{binary} -t -d {dir} -f {dir}/main.conf",
		"{binary} -k graceful -d {dir} -f {dir}/main.conf"},
	"haproxy": {"haproxy", `global
	maxconn 50
defaults
	mode http
	timeout connect 5s
	timeout client 5s
	timeout server 5s
`, []string{"-W", "-db", "-f", "{dir}/main.conf", "-f", "{dir}/site.conf", "-p", "{dir}/service.pid"},
		"{binary} -c -q -f {dir}/main.conf -f {dir}/site.conf", "kill -USR2 $(cat {dir}/service.pid)"},
}

const apacheModules = "/usr/lib/apache2/modules"

// Service prepares "nginx", "apache" or "haproxy" with a port of its own.
func (h *Host) Service(name string) *Service {
	h.t.Helper()
	k, known := kinds[name]
	if !known {
		h.t.Fatalf("sshtest: there is no service %q", name)
	}
	s := &Service{Port: h.FreePort(), Dir: h.Mkdir(name), h: h, kind: k}
	for _, dir := range []string{"/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"} {
		if found, err := exec.LookPath(filepath.Join(dir, k.binary)); err == nil {
			s.where = found
			break
		}
	}
	if s.where == "" {
		h.t.Fatalf("sshtest: %s is not installed; run `make test-deps`", k.binary)
	}
	s.Check, s.Reload = s.fill(k.check), s.fill(k.reload)
	return s
}

func (s *Service) fill(text string) string {
	return strings.NewReplacer("{dir}", s.Dir, "{port}", strconv.Itoa(s.Port), "{binary}", s.where, "{modules}", apacheModules).Replace(text)
}

// Start starts the service with its part of the configuration, which says where it listens (Port) and which files it reads. It
// returns when TLS is answered, and ends with the test.
func (s *Service) Start(config string) {
	s.h.t.Helper()
	s.h.Write(filepath.Join(filepath.Base(s.Dir), "main.conf"), []byte(s.fill(s.kind.main)), 0o644)
	s.h.Write(filepath.Join(filepath.Base(s.Dir), "site.conf"), []byte(config), 0o644)
	args := make([]string, len(s.kind.start))
	for i, a := range s.kind.start {
		args[i] = s.fill(a)
	}
	var err error
	s.run, err = startProcess(s.h.Command(s.where, args...))
	s.h.must(err)
	s.h.t.Cleanup(s.run.end)
	s.Wait(func(tls.ConnectionState) bool { return true })
}

// Addr answers where it listens.
func (s *Service) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port)) }

// Look makes one TLS connection from outside. Certificates are not verified: what is served is what is asked for.
func (s *Service) Look(name string) (tls.ConnectionState, error) {
	d := tls.Dialer{NetDialer: &net.Dialer{Timeout: 5 * time.Second}, Config: &tls.Config{ServerName: name, InsecureSkipVerify: true}}
	c, err := d.Dial("tcp", s.Addr())
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer func() { _ = c.Close() }()
	return c.(*tls.Conn).ConnectionState(), nil
}

// Wait looks until what is served is as wanted.
func (s *Service) Wait(wanted func(tls.ConnectionState) bool) {
	s.h.t.Helper()
	var last error
	for end := time.Now().Add(startTime); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		state, err := s.Look("www.example.com")
		if err == nil && wanted(state) {
			return
		}
		last = err
		select {
		case <-s.run.done:
			s.h.t.Fatalf("sshtest: %s ended: %s", s.where, s.Log())
		default:
		}
	}
	s.h.t.Fatalf("sshtest: %s does not serve what is wanted: %v\n%s", s.where, last, s.Log())
}

// WaitFor looks until the leaf with these DER bytes is served.
func (s *Service) WaitFor(leaf []byte) {
	s.h.t.Helper()
	s.Wait(func(state tls.ConnectionState) bool {
		return len(state.PeerCertificates) > 0 && bytes.Equal(state.PeerCertificates[0].Raw, leaf)
	})
}

// Reloads answers how often nginx was told to read its configuration anew.
func (s *Service) Reloads() int { return strings.Count(s.Log(), "signal 1 (SIGHUP) received") }

// Log answers what the service said.
func (s *Service) Log() string {
	more, _ := os.ReadFile(filepath.Join(s.Dir, "error.log"))
	return s.run.log.String() + string(more)
}
