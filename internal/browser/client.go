package browser

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/go-rod/rod/lib/proto"
)

const maxMessage = 256 << 20 // a picture of a very long page, in base64

// client speaks the DevTools protocol over a pair of pipes: JSON messages, each ended by a zero byte.
//
// Events are handed over in the reading goroutine, before the answers that Chromium sent after them. So whoever has the answer to a
// call knows that everything Chromium told before it has been noted; the checks at the end of a test rest on that.
type client struct {
	out io.Writer

	mu       sync.Mutex
	last     int
	waiting  map[int]chan answer
	handlers map[proto.TargetSessionID]handler // "" for events of the browser itself
	ended    error                             // set when the pipe has closed
}

// handler is told of each event of a session. It must not wait for calls of its own.
type handler func(method string, params json.RawMessage)

type answer struct {
	result json.RawMessage
	err    error
}

type message struct {
	ID        int                   `json:"id"`
	SessionID proto.TargetSessionID `json:"sessionId"`
	Method    string                `json:"method"`
	Params    json.RawMessage       `json:"params"`
	Result    json.RawMessage       `json:"result"`
	Error     *protocolError        `json:"error"`
}

// protocolError is Chromium's refusal of a call.
type protocolError struct {
	Message string `json:"message"`
	Data    string `json:"data"`
}

func (e *protocolError) Error() string {
	if e.Data == "" {
		return e.Message
	}
	return e.Message + ": " + e.Data
}

// newClient begins to read; it goes on until the pipe ends.
func newClient(in io.Reader, out io.Writer) *client {
	c := &client{out: out, waiting: map[int]chan answer{}, handlers: map[proto.TargetSessionID]handler{}}
	go c.read(bufio.NewReaderSize(in, 1<<16))
	return c
}

// Call implements proto.Client.
func (c *client) Call(ctx context.Context, sessionID, method string, params any) ([]byte, error) {
	done := make(chan answer, 1)
	id, err := c.send(sessionID, method, params, done)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	select {
	case a := <-done:
		if a.err != nil {
			return nil, fmt.Errorf("%s: %w", method, a.err)
		}
		return a.result, nil
	case <-ctx.Done():
		c.mu.Lock()
		delete(c.waiting, id)
		c.mu.Unlock()
		return nil, fmt.Errorf("%s: %w", method, ctx.Err())
	}
}

func (c *client) send(sessionID, method string, params any, done chan answer) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended != nil {
		return 0, c.ended
	}
	c.last++
	b, err := json.Marshal(struct {
		ID        int    `json:"id"`
		SessionID string `json:"sessionId,omitempty"`
		Method    string `json:"method"`
		Params    any    `json:"params,omitempty"`
	}{c.last, sessionID, method, params})
	if err != nil {
		return 0, err
	}
	if _, err := c.out.Write(append(b, 0)); err != nil {
		return 0, err
	}
	c.waiting[c.last] = done
	return c.last, nil
}

// handle sets who is told of the events of a session; nil for nobody.
func (c *client) handle(session proto.TargetSessionID, h handler) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if h == nil {
		delete(c.handlers, session)
		return
	}
	c.handlers[session] = h
}

func (c *client) read(in *bufio.Reader) {
	var err error
	for err == nil {
		var b []byte
		if b, err = readMessage(in); err != nil {
			break
		}
		var m message
		if err = json.Unmarshal(b, &m); err == nil {
			c.dispatch(m)
		}
	}
	if errors.Is(err, io.EOF) {
		err = errors.New("the browser has ended")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = err
	for id, done := range c.waiting {
		done <- answer{err: err}
		delete(c.waiting, id)
	}
}

func (c *client) dispatch(m message) {
	c.mu.Lock()
	if m.ID != 0 {
		if done, ok := c.waiting[m.ID]; ok {
			delete(c.waiting, m.ID)
			a := answer{result: m.Result}
			if m.Error != nil {
				a.err = m.Error
			}
			done <- a
		}
		c.mu.Unlock()
		return
	}
	h := c.handlers[m.SessionID]
	c.mu.Unlock()
	if h != nil {
		h(m.Method, m.Params)
	}
}

// readMessage reads up to the next zero byte, which it leaves out.
func readMessage(in *bufio.Reader) ([]byte, error) {
	var whole []byte
	for {
		part, err := in.ReadSlice(0)
		whole = append(whole, part...)
		switch {
		case err == nil:
			return whole[:len(whole)-1], nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		case len(whole) > maxMessage:
			return nil, fmt.Errorf("a message of more than %d MB", maxMessage>>20)
		}
	}
}

// session is a proto.Client for one page, or with an empty id for the browser, whose calls end with ctx.
type session struct {
	*client
	ctx context.Context
	id  proto.TargetSessionID

	tries int // how often until tries; 0 for as long as ctx lasts
}

// GetContext implements proto.Contextable.
func (s session) GetContext() context.Context { return s.ctx }

// GetSessionID implements proto.Sessionable.
func (s session) GetSessionID() proto.TargetSessionID { return s.id }

var (
	_ proto.Contextable = session{}
	_ proto.Sessionable = session{}
)
