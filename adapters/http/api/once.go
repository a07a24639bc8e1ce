package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"

	"github.com/ignisfox/ignisfox/adapters/http/problem"
	"github.com/ignisfox/ignisfox/core/app/idempotency"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
)

const keyHeader = "Idempotency-Key"

// once runs next, once for each Idempotency-Key where one is given.
func (a *API) once(w http.ResponseWriter, r *http.Request, route Route, req *request, next http.HandlerFunc) {
	keys := r.Header.Values(keyHeader)
	if !route.Once || len(keys) == 0 {
		run(r.Context(), w, r, req, next)
		return
	}
	if len(keys) > 1 {
		problem.Write(w, r, a.Log, fault.New(fault.Invalid, "bad_idempotency_key", "Give one Idempotency-Key."))
		return
	}
	work, replay, err := a.Once.Begin(r.Context(), req.who, route.Pattern(), keys[0], sumOf(r, req))
	if err != nil {
		problem.Write(w, r, a.Log, err)
		return
	}
	if replay != nil {
		defer replay.Body.Wipe()
		w.Header().Set("Idempotency-Replayed", "true")
		send(w, *replay)
		return
	}
	a.runOnce(w, r, req, next, work)
}

// runOnce keeps the answer of a success before it is sent, and gives the key back after anything else.
func (a *API) runOnce(w http.ResponseWriter, r *http.Request, req *request, next http.HandlerFunc, work *idempotency.Work) {
	rec := &recorder{header: w.Header(), status: http.StatusOK}
	finished := false
	defer func() {
		if !finished { // a panic is on its way up
			work.Release()
		}
	}()
	run(work.Context(), rec, r, req, next)
	answer := idempotency.Answer{
		Status: rec.status, ContentType: rec.header.Get("Content-Type"), Body: secret.NewBytes(rec.body.Bytes()),
	}
	defer answer.Body.Wipe()
	if rec.status < http.StatusMultipleChoices {
		work.Finish(answer)
	} else {
		work.Release()
	}
	finished = true
	send(w, answer)
}

func run(ctx context.Context, w http.ResponseWriter, r *http.Request, req *request, next http.HandlerFunc) {
	inner := r.WithContext(context.WithValue(ctx, requestKey{}, req))
	inner.Body = io.NopCloser(bytes.NewReader(req.body))
	next(w, inner)
}

func send(w http.ResponseWriter, a idempotency.Answer) {
	if a.ContentType != "" {
		w.Header().Set("Content-Type", a.ContentType)
	}
	w.WriteHeader(a.Status)
	if a.Body.Len() > 0 {
		_, _ = w.Write(a.Body.Reveal())
	}
}

// recorder holds an answer back until it is kept.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (c *recorder) Header() http.Header         { return c.header }
func (c *recorder) WriteHeader(status int)      { c.status = status }
func (c *recorder) Write(b []byte) (int, error) { return c.body.Write(b) }

// sumOf is the hash of what was asked: path, query and body. A multipart body counts by its parts, since clients draw a
// new boundary for every try.
func sumOf(r *http.Request, req *request) (sum [32]byte) {
	h := sha256.New()
	add(h, []byte(r.URL.EscapedPath()))
	add(h, []byte(r.URL.RawQuery))
	if !addParts(h, req) {
		add(h, req.body)
	}
	copy(sum[:], h.Sum(nil))
	return sum
}

func add(h hash.Hash, part []byte) {
	_ = binary.Write(h, binary.BigEndian, uint64(len(part)))
	h.Write(part)
}

// addParts adds the parts of a multipart body; false when it is none or cannot be read to its end.
func addParts(h hash.Hash, req *request) bool {
	typ, params, err := mime.ParseMediaType(req.typ)
	if err != nil || !strings.HasPrefix(typ, "multipart/") {
		return false
	}
	inner := sha256.New()
	for parts := multipart.NewReader(bytes.NewReader(req.body), params["boundary"]); ; {
		p, err := parts.NextRawPart()
		if err == io.EOF { //nolint:errorlint // as documented
			add(h, inner.Sum(nil))
			return true
		}
		if err != nil {
			return false
		}
		data, err := io.ReadAll(p)
		if err != nil {
			return false
		}
		add(inner, []byte(p.Header.Get("Content-Disposition")))
		add(inner, data)
		clear(data)
	}
}
