package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

// fakeServer is an SSH server in this process, for what OpenSSH needs accounts of the machine for or does not do: passwords,
// questions, another SFTP. It has SFTP on the real file system, or handlers.
type fakeServer struct {
	hostKey string // fingerprint
	port    int64
	config  *ssh.ServerConfig
	sftp    func(channel ssh.Channel)
	opened  func(kind string)
	exec    func(command string, channel ssh.Channel) uint32

	mu    sync.Mutex
	tried []string
}

const fakePassword = "correct horse battery"

func startFake(t *testing.T, prepare func(s *fakeServer)) *fakeServer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	s := &fakeServer{hostKey: ssh.FingerprintSHA256(signer.PublicKey()), config: &ssh.ServerConfig{}}
	s.config.AddHostKey(signer)
	prepare(s)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	s.port, _ = strconv.ParseInt(port, 10, 64)
	var all sync.WaitGroup
	var conns sync.Map
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			conns.Store(c, true)
			all.Go(func() { s.serve(c) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		conns.Range(func(c, _ any) bool { _ = c.(net.Conn).Close(); return true })
		all.Wait()
	})
	return s
}

func (s *fakeServer) note(method string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tried = append(s.tried, method)
}

func (s *fakeServer) attempts() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.tried, " ")
}

func (s *fakeServer) password(_ ssh.ConnMetadata, given []byte) (*ssh.Permissions, error) {
	s.note("password")
	if string(given) != fakePassword {
		return nil, errors.New("no")
	}
	return nil, nil
}

// questions asks what it is told to, and takes the password for the first.
func (s *fakeServer) questions(echo bool, questions ...string) func(ssh.ConnMetadata, ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
	return func(_ ssh.ConnMetadata, ask ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
		s.note("questions")
		echos := make([]bool, len(questions))
		for i := range echos {
			echos[i] = echo
		}
		answers, err := ask("", "", questions, echos)
		if err != nil || len(answers) == 0 || answers[0] != fakePassword {
			return nil, errors.New("no")
		}
		return nil, nil
	}
}

func (s *fakeServer) serve(c net.Conn) {
	conn, channels, requests, err := ssh.NewServerConn(c, s.config)
	if err != nil {
		_ = c.Close()
		return
	}
	defer func() { _ = conn.Close() }()
	go ssh.DiscardRequests(requests)
	var all sync.WaitGroup
	defer all.Wait()
	for n := range channels {
		channel, requests, err := n.Accept()
		if err != nil {
			return
		}
		if s.opened != nil {
			s.opened(n.ChannelType())
		}
		all.Go(func() { s.session(channel, requests) })
	}
}

func (s *fakeServer) session(channel ssh.Channel, requests <-chan *ssh.Request) {
	defer func() { _ = channel.Close() }()
	for r := range requests {
		var text struct{ Text string }
		_ = ssh.Unmarshal(r.Payload, &text)
		switch {
		case r.Type == "subsystem" && s.sftp != nil:
			_ = r.Reply(true, nil)
			go ssh.DiscardRequests(requests)
			s.sftp(channel)
			return
		case r.Type == "exec" && s.exec != nil:
			_ = r.Reply(true, nil)
			go ssh.DiscardRequests(requests)
			status := s.exec(text.Text, channel)
			_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{status}))
			return
		default:
			_ = r.Reply(false, nil)
		}
	}
}

// realSFTP serves the file system of this process.
func realSFTP(channel ssh.Channel) {
	server, err := sftp.NewServer(channel)
	if err != nil {
		return
	}
	_ = server.Serve()
	_ = server.Close()
}

// fullDisk is a file system with one folder, whose files take nothing, and which lists names without end.
type fullDisk struct{ opened, removed *sync.Map }

func (f fullDisk) serve(channel ssh.Channel) {
	server := sftp.NewRequestServer(channel, sftp.Handlers{FileGet: sftp.InMemHandler().FileGet, FilePut: f, FileCmd: f, FileList: f})
	_ = server.Serve()
	_ = server.Close()
}

func (f fullDisk) Filewrite(r *sftp.Request) (io.WriterAt, error) {
	f.opened.Store(r.Filepath, true)
	return f, nil
}

// entry is the folder, or an empty file that was opened.
type entry struct {
	fs.FileInfo
	mode fs.FileMode
}

func (e entry) Name() string       { return "x" }
func (e entry) Size() int64        { return 0 }
func (e entry) Mode() fs.FileMode  { return e.mode }
func (e entry) ModTime() time.Time { return time.Time{} }
func (e entry) IsDir() bool        { return e.mode.IsDir() }
func (e entry) Sys() any           { return nil }

func (e entry) ListAt(to []fs.FileInfo, _ int64) (int, error) {
	return copy(to, []fs.FileInfo{e}), io.EOF
}

func (f fullDisk) Filelist(r *sftp.Request) (sftp.ListerAt, error) {
	if r.Method == "List" {
		return endless{}, nil
	}
	if r.Filepath == "/" {
		return entry{mode: fs.ModeDir | 0o755}, nil
	}
	if _, ok := f.opened.Load(r.Filepath); ok {
		return entry{mode: 0o600}, nil
	}
	return nil, fs.ErrNotExist
}

// endless is a folder of names without end.
type endless struct{ entry }

func (endless) Name() string { return strings.Repeat("x", 200) }

func (e endless) ListAt(to []fs.FileInfo, _ int64) (int, error) {
	for i := range to {
		to[i] = e
	}
	return len(to), nil
}

func (f fullDisk) Lstat(r *sftp.Request) (sftp.ListerAt, error) { return f.Filelist(r) }

func (fullDisk) WriteAt([]byte, int64) (int, error) { return 0, errors.New("Failure") }

func (f fullDisk) Filecmd(r *sftp.Request) error {
	if r.Method == "Remove" {
		f.removed.Store(r.Filepath, true)
	}
	return nil
}

func (fullDisk) PosixRename(*sftp.Request) error { return nil }

func (fullDisk) StatVFS(*sftp.Request) (*sftp.StatVFS, error) {
	return &sftp.StatVFS{Bsize: 4096, Frsize: 4096, Blocks: 100, Bavail: 0}, nil
}

// fakeRig is a target on a server in this process.
func fakeRig(t *testing.T, s *fakeServer) *rig {
	return &rig{t: t,
		settings: map[string]any{"host": "127.0.0.1", "port": s.port, "username": "deploy", "auth": "password", "host_key": s.hostKey,
			"cert_mode": "0644", "key_mode": "0600"},
		secrets: map[string][]byte{"password": []byte(fakePassword)},
	}
}

func (r *rig) mkdir() string {
	r.t.Helper()
	dir, err := os.MkdirTemp(r.t.TempDir(), "certs")
	if err != nil {
		r.t.Fatal(err)
	}
	return dir
}
