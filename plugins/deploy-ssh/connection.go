package main

import (
	"context"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/ignisfox/ignisfox/sdk/plugin"
)

const (
	keepAlive = 5 * time.Second  // between two questions whether the server is still there
	patience  = 10 * time.Second // for the answer
)

// connection is signed in to the device. Everything over it ends when the context ends that it was made with.
type connection struct {
	client *ssh.Client
	jump   *ssh.Client // nil when there is none
	log    *plugin.Log

	suspect atomic.Bool   // something went wrong with it: it may be dead
	dead    chan struct{} // closed when it is
	stop    func()        // ends the watch of the context and of the server, and waits for it
}

// openChannel opens a session. The library waits for ever when the connection dies in the very moment in which it asks for one, and
// closing the connection does not end that. So a connection that is suspect is asked first whether it still lives, and nobody
// waits longer than it does.
func (c *connection) openChannel(ctx context.Context) (ssh.Channel, <-chan *ssh.Request, error) {
	if c.suspect.Load() && !c.alive() {
		return nil, nil, lost(ctx, io.ErrUnexpectedEOF)
	}
	type opened struct {
		channel  ssh.Channel
		requests <-chan *ssh.Request
		err      error
	}
	answer := make(chan opened, 1)
	go func() {
		channel, requests, err := c.client.OpenChannel("session", nil)
		answer <- opened{channel, requests, err}
	}()
	select {
	case o := <-answer:
		if o.err != nil {
			c.suspect.Store(true)
			return nil, nil, lost(ctx, o.err)
		}
		return o.channel, o.requests, nil
	case <-c.dead:
		return nil, nil, lost(ctx, io.ErrUnexpectedEOF)
	}
}

// alive asks the server for a sign of life, and waits for it as long as the connection is there.
func (c *connection) alive() bool {
	_, _, err := c.client.SendRequest("keepalive@openssh.com", true, nil)
	return err == nil
}

// watch closes the connection when the context ends or the server does not answer any more.
func (c *connection) watch(ctx context.Context) {
	ended := make(chan struct{})
	c.dead = make(chan struct{})
	unhook := context.AfterFunc(ctx, c.cut)
	var all sync.WaitGroup
	all.Go(func() { c.keepAlive(ended) })
	all.Go(func() { _ = c.client.Wait(); close(c.dead) })
	c.stop = func() {
		close(ended)
		c.cut()
		all.Wait()
		unhook()
	}
}

func (c *connection) keepAlive(ended <-chan struct{}) {
	tick := time.NewTicker(keepAlive)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			return
		case <-tick.C:
			late := time.AfterFunc(patience, c.cut)
			living := c.alive()
			if late.Stop(); !living {
				return
			}
		}
	}
}

// cut ends the connection at once, whatever the server does.
func (c *connection) cut() {
	if c.jump != nil { // first, since closing what goes through it says so to it, and it may not listen
		_ = c.jump.Close()
	}
	if c.client != nil {
		_ = c.client.Close()
	}
}

// close ends the connection and waits for what belonged to it.
func (c *connection) close() {
	if c.stop != nil {
		c.stop()
	} else {
		c.cut()
	}
	for _, client := range []*ssh.Client{c.client, c.jump} {
		if client != nil {
			_ = client.Wait()
		}
	}
}

// lost says what an error over the connection means when it is none of the device's answers.
func lost(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return &plugin.Problem{Code: "connection_lost", Message: fmt.Sprintf("the connection to the server was lost: %v", err)}
}
