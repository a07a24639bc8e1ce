package main

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
)

// answer is a response to be given again.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// parseAnswer reads a response as it came over the wire. What net/http writes by itself is left out.
func parseAnswer(raw []byte) (*answer, error) {
	r, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(raw)), nil)
	if err != nil {
		return nil, err
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Header.Del("Date")
	return &answer{status: r.StatusCode, header: r.Header, body: body}, nil
}

// bare answers every request with the same bytes and headers: as little as a handler can do.
func (a *answer) bare(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	for k, v := range a.header {
		h[k] = v
	}
	w.WriteHeader(a.status)
	if len(a.body) > 0 {
		_, _ = w.Write(a.body)
	}
}
