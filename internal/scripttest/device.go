// Package scripttest runs a pull script as a device would: for tests of the script and of the whole product.
//
//	d := scripttest.NewDevice(t)
//	d.Save(name, body)             // the script as people save it
//	r := d.Run("install")          // everything lands under d.Root
//	before := d.Files(dir)         // every file, link, mode and time below a directory, comparable with ==
//	r = d.Run()                    // a later pull; r.Code is the exit code
//
// The device is a temporary directory given to the script as IGNISFOX_ROOT. A "sleep" of our own stands in the PATH that
// notes how long the script would have waited and returns at once.
package scripttest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Device is one machine that pulls.
type Device struct {
	Root string   // what the script takes for /
	Env  []string // more environment, NAME=value
	t    testing.TB
	bin  string
	path string // of the script as it is run
}

// Result is how one run ended.
type Result struct {
	Code   int // -1 when killed by a signal
	Output string
}

// NewDevice makes an empty device.
func NewDevice(t testing.TB) *Device {
	t.Helper()
	dir := t.TempDir()
	d := &Device{Root: filepath.Join(dir, "root"), bin: filepath.Join(dir, "bin"), t: t}
	d.must(os.MkdirAll(d.Root, 0o700))
	d.must(os.MkdirAll(d.bin, 0o700))
	d.Tool("sleep", `echo "$1" >>`+quoted(filepath.Join(dir, "sleeps")))
	return d
}

// Tool puts a bash script of that name before all others in the device's PATH.
func (d *Device) Tool(name, body string) {
	d.t.Helper()
	d.must(os.WriteFile(filepath.Join(d.bin, name), []byte("#!/bin/bash\n"+body+"\n"), 0o700))
}

// Spy notes the arguments and the environment of each run of the named tools; Seen answers the notes.
func (d *Device) Spy(tools ...string) {
	d.t.Helper()
	for _, name := range tools {
		real, err := exec.LookPath(name)
		d.must(err)
		d.Tool(name, "cat /proc/$$/cmdline /proc/$$/environ >>"+quoted(d.seen())+"\nexec "+quoted(real)+` "$@"`)
	}
}

// Seen answers what the spied tools were given.
func (d *Device) Seen() string { return d.read(d.seen()) }

// Sleeps answers the seconds of each wait so far and forgets them.
func (d *Device) Sleeps() []string {
	d.t.Helper()
	file := filepath.Join(filepath.Dir(d.bin), "sleeps")
	list := strings.Fields(d.read(file))
	d.must(os.WriteFile(file, nil, 0o600))
	return list
}

// Save puts the script on the device, readable by all as a browser would save it, and runs this one from now on.
func (d *Device) Save(name string, body []byte) {
	d.t.Helper()
	d.path = filepath.Join(filepath.Dir(d.bin), name)
	d.must(os.WriteFile(d.path, body, 0o644))
}

// Path answers where the script is: where it was saved, or where install moved it.
func (d *Device) Path() string {
	moved := filepath.Join(d.Root, "usr/local/sbin", filepath.Base(d.path))
	if _, err := os.Stat(moved); err == nil {
		return moved
	}
	return d.path
}

// Run runs the script to its end, with nothing on standard input.
func (d *Device) Run(args ...string) Result {
	d.t.Helper()
	return d.Input("", args...)
}

// Input runs the script with text on standard input.
func (d *Device) Input(stdin string, args ...string) Result {
	d.t.Helper()
	cmd, out := d.Command(args...)
	cmd.Stdin = strings.NewReader(stdin)
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		d.t.Fatal(err)
	}
	return Result{Code: cmd.ProcessState.ExitCode(), Output: out.String()}
}

// Command prepares a run, for tests that start and kill it themselves. It ends after a minute at the latest.
func (d *Device) Command(args ...string) (*exec.Cmd, *bytes.Buffer) {
	return d.Shell(append([]string{d.Path()}, args...)...)
}

// Shell prepares a run of bash on the device.
func (d *Device) Shell(args ...string) (*exec.Cmd, *bytes.Buffer) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	d.t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, "bash", args...)
	cmd.WaitDelay = 5 * time.Second
	cmd.Env = append([]string{"PATH=" + d.bin + ":" + os.Getenv("PATH"), "HOME=" + d.Root, "IGNISFOX_ROOT=" + d.Root}, d.Env...)
	out := new(bytes.Buffer)
	cmd.Stdout, cmd.Stderr = out, out
	return cmd, out
}

// Files answers what lies below dir on the device, by path: mode, time of last change and content hash, or a link's goal.
func (d *Device) Files(dir string) map[string]string {
	d.t.Helper()
	all := map[string]string{}
	base := filepath.Join(d.Root, dir)
	d.must(filepath.WalkDir(base, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(base, path)
		info, err := e.Info()
		if err != nil {
			return err
		}
		switch {
		case e.IsDir():
			all[name] = info.Mode().String()
		case info.Mode()&fs.ModeSymlink != 0:
			goal, err := os.Readlink(path)
			all[name] = "-> " + goal
			return err
		default:
			content, err := os.ReadFile(path)
			sum := sha256.Sum256(content)
			all[name] = fmt.Sprint(info.Mode(), " ", info.ModTime().UnixNano(), " ", hex.EncodeToString(sum[:]))
			return err
		}
		return nil
	}))
	return all
}

// Read answers a file of the device, empty when there is none.
func (d *Device) Read(path string) string {
	d.t.Helper()
	return d.read(filepath.Join(d.Root, path))
}

func (d *Device) read(path string) string {
	d.t.Helper()
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	d.must(err)
	return string(b)
}

func (d *Device) seen() string { return filepath.Join(filepath.Dir(d.bin), "seen") }

func (d *Device) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
