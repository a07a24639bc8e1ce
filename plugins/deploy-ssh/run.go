package main

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/ignisfox/ignisfox/sdk/plugin"
)

// rest is how long output is still read after a command has ended. A service that it started may keep the output open for ever.
const rest = 2 * time.Second

// ended is how a command ended.
type ended struct {
	code   int    // -1 when a signal ended it
	signal string // "KILL"
}

var errNoCommands = plugin.Problemf("commands_refused", "username",
	"the server does not let this user run commands: allow it, or leave check and reload command empty")

func (e ended) ok() bool { return e.code == 0 }

func (e ended) String() string {
	if e.signal != "" {
		return "was ended by signal " + e.signal
	}
	return fmt.Sprintf("answered exit status %d", e.code)
}

// run has the device's shell run a command as it stands. An error means that it is not known how, or whether, it ended.
func (c *connection) run(ctx context.Context, command string, in io.Reader, out, errOut io.Writer) (ended, error) {
	if err := ctx.Err(); err != nil {
		return ended{}, err
	}
	channel, requests, err := c.openChannel(ctx)
	if err != nil {
		return ended{}, err
	}
	var copies sync.WaitGroup
	copies.Go(func() { _, _ = io.Copy(out, channel) })
	copies.Go(func() { _, _ = io.Copy(errOut, channel.Stderr()) })
	end := make(chan ended, 1)
	var requestsDone sync.WaitGroup
	requestsDone.Go(func() { readEnd(requests, end) })
	defer func() {
		drained := make(chan struct{})
		go func() { copies.Wait(); close(drained) }()
		wait := time.NewTimer(rest)
		defer wait.Stop()
		select {
		case <-drained:
		case <-wait.C:
		case <-ctx.Done():
		}
		_ = channel.Close()
		requestsDone.Wait()
		<-drained
	}()

	accepted, err := channel.SendRequest("exec", true, ssh.Marshal(struct{ Command string }{command}))
	if err != nil {
		c.suspect.Store(true)
		return ended{}, lost(ctx, err)
	}
	if !accepted {
		return ended{}, errNoCommands
	}
	if in != nil {
		_, err = io.Copy(channel, in) // a command that does not read to the end says so by its exit status
	}
	_ = channel.CloseWrite()
	if how, known := <-end; known {
		return how, nil
	}
	c.suspect.Store(true)
	if err == nil {
		err = io.ErrUnexpectedEOF
	}
	return ended{}, lost(ctx, err)
}

// readEnd answers the end of a command, or closes end when the channel closed without one.
func readEnd(requests <-chan *ssh.Request, end chan<- ended) {
	defer close(end)
	known := false
	for r := range requests {
		if r.WantReply {
			_ = r.Reply(false, nil)
		}
		var exit struct{ Status uint32 }
		var signal struct {
			Name       string
			Dumped     bool
			Text, Lang string
		}
		how := ended{}
		switch {
		case r.Type == "exit-status" && ssh.Unmarshal(r.Payload, &exit) == nil:
			how.code = int(exit.Status)
		case r.Type == "exit-signal" && ssh.Unmarshal(r.Payload, &signal) == nil:
			how = ended{code: -1, signal: signal.Name}
		default:
			continue
		}
		if !known {
			known = true
			end <- how
		}
	}
}
