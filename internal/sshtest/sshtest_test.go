package sshtest

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// signIn connects as a client of this host would.
func signIn(h *Host) (*ssh.Client, error) {
	signer, err := ssh.ParsePrivateKey(h.ClientKey)
	if err != nil {
		return nil, err
	}
	return ssh.Dial("tcp", h.Addr(), &ssh.ClientConfig{User: h.User, Auth: []ssh.AuthMethod{ssh.PublicKeys(signer)}, Timeout: 10 * time.Second,
		HostKeyAlgorithms: []string{ssh.KeyAlgoED25519},
		HostKeyCallback: func(_ string, _ net.Addr, key ssh.PublicKey) error {
			if ssh.FingerprintSHA256(key) != h.HostKey {
				return errors.New("another host key")
			}
			return nil
		}})
}

func run(t *testing.T, h *Host, command string) (string, error) {
	t.Helper()
	c, err := signIn(h)
	if err != nil {
		return "", err
	}
	defer c.Close()
	s, err := c.NewSession()
	if err != nil {
		return "", err
	}
	out, err := s.CombinedOutput(command)
	return strings.TrimSpace(string(out)), err
}

func TestAHostRunsCommandsAsAPlainUser(t *testing.T) {
	h, other := Start(t, Options{}), Start(t, Options{NoSFTP: true})
	for _, h := range []*Host{h, other} {
		out, err := run(t, h, "id -un; id -u; touch "+filepath.Join(h.Dir, "x"))
		if err != nil || !strings.HasPrefix(out, h.User+"\n") || strings.HasSuffix(out, "\n0") {
			t.Errorf("%q, %v", out, err)
		}
		if _, err := os.Stat(filepath.Join(h.Dir, "x")); err != nil {
			t.Error(err)
		}
	}
	if h.HostKey == other.HostKey || h.Port == other.Port || h.Dir == other.Dir {
		t.Error("two hosts are one")
	}
}

func TestTheWireIsCutWhereItIsSaid(t *testing.T) {
	h := Start(t, Options{})
	if _, err := run(t, h, "true"); err != nil {
		t.Fatal(err)
	}
	whole := h.Bytes()
	for _, n := range []int64{0, 1, 100, whole / 2} {
		h.CutAfter(n)
		if _, err := run(t, h, "true"); err == nil {
			t.Errorf("a connection cut after %d of %d bytes worked", n, whole)
		}
	}
	h.CutAfter(-1)
	if _, err := run(t, h, "true"); err != nil {
		t.Errorf("after the cut: %v", err)
	}
}

func TestAHostHangsAndChangesAndStops(t *testing.T) {
	h := Start(t, Options{})
	h.Hang()
	c, err := net.DialTimeout("tcp", h.Addr(), 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if n, err := c.Read(make([]byte, 1)); err == nil || n != 0 {
		t.Error("a host that hangs answered")
	}
	h.Resume()
	if _, err := run(t, h, "true"); err != nil {
		t.Errorf("resumed: %v", err)
	}
	was := h.HostKey
	h.ChangeHostKey()
	if h.HostKey == was {
		t.Error("the host key stayed")
	}
	if _, err := run(t, h, "true"); err != nil {
		t.Errorf("with the new key: %v", err)
	}
	h.Stop()
	if _, err := run(t, h, "true"); err == nil {
		t.Error("a stopped host answered")
	}
	h.Restart()
	if _, err := run(t, h, "true"); err != nil {
		t.Errorf("restarted: %v", err)
	}
}

func TestFilesBelongToTheUser(t *testing.T) {
	h := Start(t, Options{})
	h.Write("some/where/file", []byte("x"), 0o640)
	if out, err := run(t, h, "stat -c %U:%a "+h.Dir+"/some/where/file "+h.Dir+"/some/where "+h.Dir+"/some"); err != nil ||
		out != h.User+":640\n"+h.User+":755\n"+h.User+":755" {
		t.Errorf("%q, %v", out, err)
	}
}

func TestTheWireStandsStillWhereItIsSaid(t *testing.T) {
	h := Start(t, Options{})
	if _, err := run(t, h, "true"); err != nil {
		t.Fatal(err)
	}
	whole := h.Bytes()
	for _, drop := range []bool{false, true} {
		reached, ended := h.HoldAfter(whole/2), make(chan error, 1)
		go func() { _, err := run(t, h, "true"); ended <- err }()
		select {
		case <-reached:
		case <-time.After(startTime):
			t.Fatal("half of the bytes never came")
		}
		select {
		case err := <-ended:
			t.Fatalf("it ended although the wire stands still: %v", err)
		case <-time.After(50 * time.Millisecond):
		}
		if drop {
			h.Drop()
		}
		h.LetGo()
		if err := <-ended; (err != nil) != drop {
			t.Errorf("dropped: %v, and it answered %v", drop, err)
		}
	}
	if n := h.Connections(); n != 3 || len(h.Traffic()) != 3 {
		t.Errorf("%d connections, %v", n, h.Traffic())
	}
}

func TestFilesAreLimitedAndNotAnyMore(t *testing.T) {
	h := Start(t, Options{})
	write := "head -c 2000 /dev/zero >" + filepath.Join(h.Dir, "x")
	for _, limit := range []int{0, 1024, 0} {
		h.LimitFiles(limit)
		if _, err := run(t, h, write); (err != nil) != (limit > 0) {
			t.Errorf("limit %d: %v", limit, err)
		}
	}
}
