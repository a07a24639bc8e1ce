package pull

import (
	"net/http"
	"strconv"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/bearer"
	"github.com/ignisfox/ignisfox/adapters/http/plainjson"
	"github.com/ignisfox/ignisfox/core/app/ingest"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
)

// ingest answers a pipeline.
func (h *Handler) ingest(w http.ResponseWriter, r *http.Request, c call) int {
	raw, ok := bearer.Of(r)
	if !ok {
		return write(w, http.StatusUnauthorized, noIngestToken)
	}
	actor, err := h.Ingest.Authenticate(r.Context(), secret.NewString(raw), c.from)
	if fault.KindOf(err) == fault.Unauthenticated && err != nil {
		h.Log.InfoContext(r.Context(), "refused", "route", c.route, "status", http.StatusUnauthorized, "addr", c.from.String())
		return write(w, http.StatusUnauthorized, noIngestToken)
	}
	if err != nil {
		return h.fail(r.Context(), w, c, err)
	}
	d, err := delivery(w, r)
	defer wipe(d)
	if err != nil {
		return h.fail(r.Context(), w, c, err)
	}
	out, err := h.Ingest.Send(r.Context(), actor, d)
	if err != nil {
		return h.fail(r.Context(), w, c, err)
	}
	return taken(w, out)
}

func wipe(d ingest.Delivery) {
	for _, f := range d.Files {
		clear(f.Data)
	}
}

// received is the body of 201 and 200.
type received struct {
	Group        *groupRef     `json:"group"`
	Generation   *int          `json:"generation"`
	Certificates []certificate `json:"certificates"`
}

type groupRef struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type certificate struct {
	ID          string   `json:"id"`
	Kind        string   `json:"kind"`
	Name        string   `json:"name"`
	Subject     string   `json:"subject"`
	SANs        []string `json:"sans"`
	Issuer      string   `json:"issuer"`
	Serial      string   `json:"serial"`
	NotBefore   string   `json:"not_before"`
	NotAfter    string   `json:"not_after"`
	Fingerprint string   `json:"fingerprint_sha256"`
	SPKI        string   `json:"spki_sha256"`
	KeyType     string   `json:"key_type"`
	KeyBits     int      `json:"key_bits"`
	Warnings    []string `json:"warnings"`
}

func taken(w http.ResponseWriter, out ingest.Outcome) int {
	answer := received{Certificates: []certificate{}}
	if out.Group != nil {
		answer.Group = &groupRef{out.Group.ID, out.Group.Name}
	}
	if out.Generation != 0 {
		answer.Generation = &out.Generation
	}
	for _, a := range out.Certificates {
		answer.Certificates = append(answer.Certificates, show(a))
	}
	b, _ := plainjson.Marshal(answer) // strings and numbers always encode
	status := http.StatusOK
	if out.New {
		status = http.StatusCreated
	}
	h := w.Header()
	h["Content-Type"] = typeJSON
	h["Content-Length"] = []string{strconv.Itoa(len(b))}
	w.WriteHeader(status)
	_, _ = w.Write(b)
	return status
}

func show(a artifact.Artifact) certificate {
	return certificate{
		ID: string(a.ID), Kind: string(a.Kind), Name: a.Name, Subject: a.Subject, SANs: orEmpty(a.SANs), Issuer: a.Issuer,
		Serial: a.Serial, NotBefore: a.NotBefore.UTC().Format(time.RFC3339), NotAfter: a.NotAfter.UTC().Format(time.RFC3339),
		Fingerprint: a.Fingerprint, SPKI: a.SPKI, KeyType: a.KeyType, KeyBits: a.KeyBits, Warnings: orEmpty(a.Warnings),
	}
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
