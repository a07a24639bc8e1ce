package scripttest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// Answer is one thing the server may say instead of the truth.
type Answer struct {
	Status int
	Header map[string]string
	Body   string
	Cut    bool            // say the whole length, send half, close
	Hold   <-chan struct{} // send half, then wait for this before the rest
	Held   chan<- struct{} // closed when half was sent
}

// Refusal is an answer as the API gives it: JSON with the fields error and code.
func Refusal(status int, code, words string, header ...string) Answer {
	a := Answer{Status: status, Header: map[string]string{"Content-Type": "application/json"}, Body: fmt.Sprintf(`{"error":%q,"code":%q}`, words, code)}
	for i := 0; i+1 < len(header); i += 2 {
		a.Header[header[i]] = header[i+1]
	}
	return a
}

// PEM is a 200 as the API gives it, with a body of the test's choice.
func PEM(body string) Answer {
	return Answer{Status: 200, Body: body, Header: map[string]string{
		"Content-Type": "application/x-pem-file", "ETag": `"other"`, "X-Ignisfox-Generation": "99",
	}}
}

// Server speaks the pull API strictly: bearer token, kind=bundle, ETag, 304. It is plain HTTP on the loopback.
type Server struct {
	*httptest.Server
	mu     sync.Mutex
	token  string
	bundle string
	etag   string
	number int
	next   []Answer
	log    []string
}

// NewServer starts a server that accepts one token. It has nothing to serve yet.
func NewServer(t testing.TB, token string) *Server {
	t.Helper()
	s := &Server{token: token}
	s.Server = httptest.NewServer(http.HandlerFunc(s.answer))
	t.Cleanup(s.Close)
	return s
}

// Serve makes a bundle the current generation.
func (s *Server) Serve(number int, etag, bundle string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.number, s.etag, s.bundle = number, `"`+etag+`"`, bundle
}

// Next queues answers that are given before the truth, one for each request.
func (s *Server) Next(answers ...Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next = append(s.next, answers...)
}

// Rotate changes the token.
func (s *Server) Rotate(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = token
}

// Log answers the status of each answer since the last call.
func (s *Server) Log() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	log := s.log
	s.log = nil
	return log
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request) {
	a := s.choose(r)
	for name, value := range a.Header {
		w.Header().Set(name, value)
	}
	switch {
	case a.Cut:
		w.Header().Set("Content-Length", fmt.Sprint(len(a.Body)))
		w.WriteHeader(a.Status)
		_, _ = w.Write([]byte(a.Body[:len(a.Body)/2]))
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	case a.Hold != nil:
		w.Header().Set("Content-Length", fmt.Sprint(len(a.Body)))
		w.WriteHeader(a.Status)
		_, _ = w.Write([]byte(a.Body[:len(a.Body)/2]))
		_ = http.NewResponseController(w).Flush()
		close(a.Held)
		select {
		case <-a.Hold:
		case <-r.Context().Done():
		}
		_, _ = w.Write([]byte(a.Body[len(a.Body)/2:]))
	default:
		w.WriteHeader(a.Status)
		_, _ = w.Write([]byte(a.Body))
	}
}

func (s *Server) choose(r *http.Request) (a Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() { s.log = append(s.log, fmt.Sprint(a.Status)) }()
	if len(s.next) > 0 {
		a, s.next = s.next[0], s.next[1:]
		return a
	}
	header, known := r.Header["Authorization"]
	switch {
	case r.Method != http.MethodGet || r.URL.Path != "/api/push/fetch" || r.URL.RawQuery != "kind=bundle":
		return Refusal(400, "bad_kind", "This is not how the pull API is asked: "+strings.ToValidUTF8(r.URL.RequestURI(), "?"))
	case !known:
		return Refusal(401, "invalid_token", "Missing bearer token. Use Authorization: Bearer <push-token>.")
	case len(header) != 1 || header[0] != "Bearer "+s.token:
		return Refusal(401, "invalid_token", "Unknown token.")
	case s.bundle == "":
		return Refusal(404, "no_key", "No private key in this cert group")
	}
	a = PEM(s.bundle)
	a.Header["ETag"], a.Header["X-Ignisfox-Generation"] = s.etag, fmt.Sprint(s.number)
	if r.Header.Get("If-None-Match") == s.etag {
		a.Status, a.Body = http.StatusNotModified, ""
		delete(a.Header, "Content-Type")
	}
	return a
}
