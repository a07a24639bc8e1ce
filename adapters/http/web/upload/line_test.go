package upload_test

import (
	"context"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/browser"
)

// line is a way to the site that can be held, so that what is sent does not arrive, and cut.
type line struct {
	URL string

	to   string
	mu   sync.Mutex
	turn *sync.Cond
	held bool
	cut  bool
	ends []net.Conn
}

// lineTo opens a line to the server at base. It takes little at a time, so that a browser notices that it is held.
func lineTo(t testing.TB, base string) *line {
	t.Helper()
	small := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) (err error) {
		if e := c.Control(func(fd uintptr) { err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 8<<10) }); e != nil {
			return e
		}
		return err
	}}
	ln, err := small.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &line{URL: "http://localhost:" + strconv.Itoa(ln.Addr().(*net.TCPAddr).Port), to: strings.TrimPrefix(base, "http://")}
	l.turn = sync.NewCond(&l.mu)
	var running sync.WaitGroup
	running.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			running.Go(func() { l.carry(c) })
		}
	})
	t.Cleanup(func() {
		_ = ln.Close()
		l.set(false, true)
		running.Wait()
	})
	return l
}

// set holds or cuts the line from now on; a line that is cut loses what is on its way.
func (l *line) set(held, cut bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held, l.cut = held, cut
	if cut {
		for _, c := range l.ends {
			_ = c.Close()
		}
		l.ends = nil
	}
	l.turn.Broadcast()
}

func (l *line) carry(from net.Conn) {
	defer from.Close()
	to, err := net.Dial("tcp", l.to)
	if err != nil {
		return
	}
	defer to.Close()
	l.mu.Lock()
	cut := l.cut
	l.ends = append(l.ends, from, to)
	l.mu.Unlock()
	if cut {
		return
	}
	back := make(chan struct{})
	go func() {
		defer close(back)
		_, _ = io.Copy(from, to)
	}()
	_, _ = io.Copy(to, io.TeeReader(from, l)) // ends when either end has closed
	_ = to.Close()
	<-back
}

// Write lets bytes pass once the line is not held.
func (l *line) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.held && !l.cut {
		l.turn.Wait()
	}
	return len(p), nil
}

// While files are on their way each shows how much of it has gone, and one press is one upload.
func TestTheProgressIsReal(t *testing.T) {
	s := newSite(t)
	l := lineTo(t, s.URL)
	s.URL = l.URL
	p := s.open(t, s.As(t, tenant.Editor), browser.Options{})
	var files []browser.File
	for i := range 20 {
		files = append(files, file("part-"+strconv.Itoa(i)+".bin", []byte(strings.Repeat("part "+strconv.Itoa(i)+" ", 30_000))))
	}
	p.Drop(".drop", files...)
	p.WaitText("20 not recognised")
	l.set(true, false)
	p.ClickText("button", "Upload 20 files")
	p.WaitTrue(`() => {
		const gone = [...document.querySelectorAll("li.file progress")].filter(p => p.checkVisibility()).map(p => p.value);
		return gone.length === 20 && gone[0] > 0 && gone[19] < 100;
	}`)
	if got := p.Attr("[data-upload-send]", "aria-busy"); got != "true" {
		t.Errorf("the button is not busy: %q", got)
	}
	p.Accessible()
	p.Click("[data-upload-send]")
	l.set(false, false)
	p.WaitURL("/dashboard/vault")
	p.In("#toasts").WaitText("20 files stored.")
	if n := len(s.rows(t)); n != 20 {
		t.Errorf("%d rows are stored", n)
	}
}

// A line that breaks loses nothing: the rows stay, and go with the next press.
func TestALineThatBreaks(t *testing.T) {
	s := newSite(t)
	l := lineTo(t, s.URL)
	s.URL = l.URL
	a := s.leaf("a.example.com")
	p := s.open(t, s.As(t, tenant.Editor), browser.Options{})
	p.AllowConsole(`net::ERR_`)
	l.set(false, true)
	p.Drop(".drop", file("a.pem", a.CertPEM, a.KeyPEM))
	p.WaitText("The files were not looked at, and nothing was stored.")
	p.WaitText("1 ready")
	p.ClickText("button", "Upload 1 file")
	p.WaitText("It is not sure what was stored. Look in the vault before you upload again.")
	if p.Count("#main [role=alert]") != 1 || p.Has("#toasts .toast") {
		t.Error("it is said twice, or in a toast")
	}
	l.set(false, false)
	p.ClickText("button", "Upload 1 file")
	p.WaitURL("/dashboard/vault")
	p.In("#toasts").WaitText("1 file stored.")
}
