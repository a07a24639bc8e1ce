// Package devicetest simulates the device of the example plugins: an appliance with a small HTTPS API, as vendors of load balancers
// and firewalls offer it. It keeps certificates by name; its service is told which one to use, and uses it from the next reload on.
//
//	GET    /v1/status                            {"product": "Example Appliance", "version": "4.2"}
//	GET    /v1/certificates                      {"certificates": ["name", …]}
//	PUT    /v1/certificates/{name}               {"certificate": "PEM of leaf and chain", "key": "PEM"}
//	DELETE /v1/certificates/{name}               refused while the service uses it
//	GET    /v1/service                           {"certificate": "as told", "running": "as loaded", "fingerprint": "SHA-256 of the leaf, hex"}
//	PUT    /v1/service                           {"certificate": "name"}; "" for none
//	POST   /v1/service/reload
//
// Every request needs Basic authentication. Errors are {"error": "words"}.
package devicetest

import (
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
)

// Appliance is one device.
type Appliance struct {
	User, Password string
	server         *httptest.Server

	mu           sync.Mutex
	certificates map[string]string // name → fingerprint
	told         string
	running      string
	fingerprint  string
	reloads      int
}

// New starts an appliance that serves nothing yet, until the test ends.
func New(t testing.TB) *Appliance {
	a := &Appliance{User: "certificates", Password: "S3same: öffne/dich + \"jetzt\"", certificates: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/status", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]string{"product": "Example Appliance", "version": "4.2"})
	})
	mux.HandleFunc("GET /v1/certificates", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string][]string{"certificates": slices.AppendSeq([]string{}, maps.Keys(a.certificates))})
	})
	mux.HandleFunc("PUT /v1/certificates/{name}", a.put)
	mux.HandleFunc("DELETE /v1/certificates/{name}", a.remove)
	mux.HandleFunc("GET /v1/service", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]string{"certificate": a.told, "running": a.running, "fingerprint": a.fingerprint})
	})
	mux.HandleFunc("PUT /v1/service", a.use)
	mux.HandleFunc("POST /v1/service/reload", a.reload)
	a.server = httptest.NewUnstartedServer(a.guarded(mux))
	a.server.Config.ErrorLog = log.New(io.Discard, "", 0) // connections that tests cut
	a.server.StartTLS()
	t.Cleanup(a.server.Close)
	return a
}

// Addr is "127.0.0.1:port".
func (a *Appliance) Addr() string { return a.server.Listener.Addr().String() }

// CA is what clients trust, in PEM.
func (a *Appliance) CA() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.server.Certificate().Raw}))
}

// Serves answers the SHA-256 of the leaf that the service uses; "" when it has none.
func (a *Appliance) Serves() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.fingerprint
}

// Reloads answers how often the service was reloaded.
func (a *Appliance) Reloads() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.reloads
}

// State describes what is on the device.
func (a *Appliance) State() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return fmt.Sprintf("certificates %v\ntold %q\nrunning %q %s\nreloads %d", a.certificates, a.told, a.running, a.fingerprint, a.reloads)
}

// guarded lets in who knows the password, one at a time.
func (a *Appliance) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		if subtle.ConstantTimeCompare([]byte(user+"\x00"+password), []byte(a.User+"\x00"+a.Password)) != 1 {
			// A device that tells what it was given, as some do: it may not reach the transcript.
			refuse(w, http.StatusUnauthorized, fmt.Sprintf("login of %s with %q failed (%s)", user, password, r.Header.Get("Authorization")))
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
		a.mu.Lock()
		defer a.mu.Unlock()
		next.ServeHTTP(w, r)
	})
}

func (a *Appliance) put(w http.ResponseWriter, r *http.Request) {
	var in struct{ Certificate, Key string }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		refuse(w, http.StatusBadRequest, "not JSON")
		return
	}
	pair, err := tls.X509KeyPair([]byte(in.Certificate), []byte(in.Key))
	if err != nil {
		refuse(w, http.StatusBadRequest, "certificate and key do not belong together: "+in.Key)
		return
	}
	sum := sha256.Sum256(pair.Certificate[0])
	a.certificates[r.PathValue("name")] = hex.EncodeToString(sum[:])
	w.WriteHeader(http.StatusNoContent)
}

func (a *Appliance) remove(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	if _, ok := a.certificates[name]; !ok {
		refuse(w, http.StatusNotFound, "there is no certificate of that name")
		return
	}
	if name == a.told || name == a.running {
		refuse(w, http.StatusConflict, "the service uses it")
		return
	}
	delete(a.certificates, name)
	w.WriteHeader(http.StatusNoContent)
}

func (a *Appliance) use(w http.ResponseWriter, r *http.Request) {
	var in struct{ Certificate string }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		refuse(w, http.StatusBadRequest, "not JSON")
		return
	}
	if _, ok := a.certificates[in.Certificate]; !ok && in.Certificate != "" {
		refuse(w, http.StatusUnprocessableEntity, "there is no certificate of that name")
		return
	}
	a.told = in.Certificate
	w.WriteHeader(http.StatusNoContent)
}

func (a *Appliance) reload(w http.ResponseWriter, _ *http.Request) {
	a.running, a.fingerprint = a.told, a.certificates[a.told]
	a.reloads++
	w.WriteHeader(http.StatusNoContent)
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

func refuse(w http.ResponseWriter, status int, words string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": words})
}
