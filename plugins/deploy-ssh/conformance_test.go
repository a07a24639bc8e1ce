package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/internal/sshtest"
	"github.com/ignisfox/ignisfox/sdk/deploy"
	"github.com/ignisfox/ignisfox/sdk/sdktest"
)

// newDevice is a server on which a service takes its certificate over when it is reloaded.
func newDevice(o sshtest.Options) func(testing.TB) *sdktest.Device {
	return func(t testing.TB) *sdktest.Device {
		t.Helper()
		h := sshtest.Start(t, o)
		dir := h.Mkdir("certs")
		serving := filepath.Join(h.Dir, "serving")
		g := sdktest.NewGate(t, h.Addr())
		host, port, err := net.SplitHostPort(g.Addr())
		if err != nil {
			t.Fatal(err)
		}
		wrong, _, err := sshtest.NewKey("ed25519", "")
		if err != nil {
			t.Fatal(err)
		}
		crt, key := filepath.Join(dir, "www.crt"), filepath.Join(dir, "www.key")
		return &sdktest.Device{
			Access: sdktest.Access{
				Settings: map[string]any{"host": host, "port": number(t, port), "username": h.User, "host_key": h.HostKey,
					"fullchain_path": crt, "key_path": key, "combined_path": filepath.Join(dir, "www.pem"),
					"check_command":  "[ ! -e " + crt + " ] || grep -q 'PRIVATE KEY' " + key,
					"reload_command": fmt.Sprintf("rm -f %[2]s; [ ! -e %[1]s ] || cp %[1]s %[2]s", crt, serving)},
				Secrets: map[string]string{"private_key": string(h.ClientKey)},
				Wrong:   map[string]string{"private_key": string(wrong)},
				Gate:    g,
			},
			Serves: func() string {
				data, _ := os.ReadFile(serving)
				cert := leaf(data)
				if cert == nil {
					return ""
				}
				sum := sha256.Sum256(cert.Raw)
				return hex.EncodeToString(sum[:])
			},
			State: func() string { return everything(t, h.Dir) },
		}
	}
}

func number(t testing.TB, text string) (n int64) {
	t.Helper()
	if _, err := fmt.Sscan(text, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// everything describes all files below a folder.
func everything(t testing.TB, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		content := ""
		if info.Mode().IsRegular() {
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			content = sum(data)
		}
		fmt.Fprintln(&b, path, info.Mode(), content)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func program() sdktest.Start {
	return sdktest.InProcess(deploy.Program(declaration(), func() deploy.Target { return device{} }))
}

func TestConformance(t *testing.T) {
	t.Parallel()
	sdktest.Deploy(t, program(), newDevice(sshtest.Options{}))
}

func TestConformanceWithoutSFTP(t *testing.T) {
	t.Parallel()
	sdktest.Deploy(t, program(), newDevice(sshtest.Options{NoSFTP: true}))
}

func TestConformanceOfTheProgram(t *testing.T) {
	t.Parallel()
	sdktest.Deploy(t, sdktest.Process(sdktest.Build(t, ".")), newDevice(sshtest.Options{}))
}
