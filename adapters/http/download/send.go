package download

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strconv"
)

// Headers says that the answer is saved under that name, not shown. What opens it all the same may do nothing.
func Headers(h http.Header, name, contentType string) {
	h.Set("Content-Type", contentType)
	h.Set("Content-Disposition", Attachment(name))
	h.Set("Content-Security-Policy", "sandbox")
}

// Send answers a file that is whole. The caller wipes body.
func Send(w http.ResponseWriter, name, contentType string, body []byte) {
	Headers(w.Header(), name, contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body)
}

// Stream answers what write writes. When write fails before its first byte, nothing was sent and its error is the
// answer, for the caller to show. Afterwards the connection is cut, so that half a file is not taken for a whole one.
func Stream(ctx context.Context, w http.ResponseWriter, log *slog.Logger, name, contentType string, write func(io.Writer) error) error {
	out := &lazy{w: w, name: name, contentType: contentType}
	err := write(out)
	switch {
	case err == nil:
		out.begin()
	case out.begun:
		log.WarnContext(ctx, "file cut short", "cause", err)
		panic(http.ErrAbortHandler)
	}
	return err
}

// lazy sends the headers of a file with its first byte.
type lazy struct {
	w                 http.ResponseWriter
	name, contentType string
	begun             bool
}

func (l *lazy) begin() {
	if !l.begun {
		l.begun = true
		Headers(l.w.Header(), l.name, l.contentType)
	}
}

// Write begins the answer when it has not begun.
func (l *lazy) Write(b []byte) (int, error) {
	l.begin()
	return l.w.Write(b)
}
