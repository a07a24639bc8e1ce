package pull

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/ignisfox/ignisfox/adapters/http/download"
	"github.com/ignisfox/ignisfox/core/app/push"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/token"
)

// fetch answers a device.
func (h *Handler) fetch(w http.ResponseWriter, r *http.Request, c call) int {
	kind, hash, ok := token.Parse(c.token)
	if !ok || kind != token.Push {
		return h.fail(r.Context(), w, c, push.ErrToken)
	}
	grant, err := h.Puller.Authorize(r.Context(), hash, c.from)
	if err != nil {
		return h.fail(r.Context(), w, c, err)
	}
	if ok, wait := h.targets.Take(grant.Target, c.now); !ok {
		return tooMany(w, wait)
	}
	want, refusal := wantOf(r.URL.RawQuery)
	if refusal != nil {
		return write(w, http.StatusBadRequest, refusal)
	}
	for try := 1; ; try++ {
		status, err := h.handOver(w, r, c, grant, want)
		if err == nil {
			return h.counted(want.kind, status)
		}
		if !errors.Is(err, push.ErrStale) || try == staleTries {
			return h.counted(want.kind, h.fail(r.Context(), w, c, err))
		}
		if grant, err = h.Puller.Authorize(r.Context(), hash, c.from); err != nil {
			return h.fail(r.Context(), w, c, err)
		}
	}
}

// staleTries is how often a fetch begins again because its generation went away under it.
const staleTries = 4

// handOver answers what the grant stands for. Nothing was written when it answers an error.
func (h *Handler) handOver(w http.ResponseWriter, r *http.Request, c call, grant *target.Grant, q want) (int, error) {
	formID, err := h.Puller.Find(r.Context(), grant, q.kind, q.pin)
	if err != nil {
		return 0, err
	}
	a := answer{w: w, r: r, grant: grant, kind: q.kind, form: formID, etag: `"` + formID + `"`}
	switch {
	case matches(r.Header["If-None-Match"], a.etag):
		return h.unchanged(c, a), nil
	case r.Method == http.MethodHead:
		return h.head(a)
	}
	return h.send(c, a)
}

func (h *Handler) counted(kind group.FormKind, status int) int {
	if h.Fetched != nil {
		h.Fetched(string(kind), status)
	}
	return status
}

// answer is what an authorized fetch gets.
type answer struct {
	w          http.ResponseWriter
	r          *http.Request
	grant      *target.Grant
	kind       group.FormKind
	form, etag string
}

// tag names the form and its generation, on 200 and 304 alike.
func (a answer) tag() {
	values := [2]string{a.etag, strconv.Itoa(a.grant.Number)}
	h := a.w.Header()
	h["Etag"] = values[0:1:1]
	h["X-Ignisfox-Generation"] = values[1:2:2]
}

func (a answer) describe(size int, name string) {
	a.tag()
	h := a.w.Header()
	h["Content-Type"] = typePEM
	if a.kind == group.FormPFX {
		h["Content-Type"] = typePFX
	}
	values := [2]string{strconv.Itoa(size), download.Attachment(name)}
	h["Content-Length"] = values[0:1:1]
	h["Content-Disposition"] = values[1:2:2]
}

func (h *Handler) unchanged(c call, a answer) int {
	a.tag()
	a.w.WriteHeader(http.StatusNotModified)
	if a.r.Method == http.MethodGet {
		h.Puller.Record(a.grant, a.kind, c.from)
	}
	return http.StatusNotModified
}

func (h *Handler) head(a answer) (int, error) {
	size, name, err := h.Puller.Size(a.r.Context(), a.grant, a.form)
	if err != nil {
		return 0, err
	}
	a.describe(size, name)
	a.w.WriteHeader(http.StatusOK)
	return http.StatusOK, nil
}

func (h *Handler) send(c call, a answer) (int, error) {
	b, err := h.Puller.Open(a.r.Context(), a.grant, a.form)
	if err != nil {
		return 0, err
	}
	defer b.Plain.Wipe()
	a.describe(b.Plain.Len(), b.Name)
	a.w.WriteHeader(http.StatusOK)
	if _, err := a.w.Write(b.Plain.Reveal()); err == nil {
		h.Puller.Record(a.grant, a.kind, c.from)
	}
	return http.StatusOK, nil
}

// want is what the query asks for.
type want struct {
	kind group.FormKind
	pin  int // 0: whichever is current
}

// wantOf reads the query: kind once, generation at most once, other parameters do not matter. It answers the body of a 400
// otherwise.
func wantOf(query string) (q want, refusal []byte) {
	seenPin := false
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		name, value, _ := strings.Cut(pair, "=")
		switch name {
		case "kind":
			kind, ok := group.ParseFormKind(plain(value))
			if !ok || q.kind != "" {
				return q, badKind
			}
			q.kind = kind
		case "generation":
			n, err := strconv.Atoi(plain(value))
			if err != nil || n < 1 || seenPin {
				return q, badGeneration
			}
			q.pin, seenPin = n, true
		}
	}
	if q.kind == "" {
		return q, badKind
	}
	return q, nil
}

// plain undoes the escapes of a query value, which ours normally have none of.
func plain(value string) string {
	if strings.IndexByte(value, '%') < 0 {
		return value
	}
	if v, err := url.QueryUnescape(value); err == nil {
		return v
	}
	return ""
}

// matches says whether one of the tags of If-None-Match is etag. A weak tag counts: the bytes were the same.
func matches(lines []string, etag string) bool {
	for _, rest := range lines {
		for rest != "" {
			var tag string
			tag, rest, _ = strings.Cut(rest, ",")
			tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
			if tag == etag || tag == "*" {
				return true
			}
		}
	}
	return false
}
