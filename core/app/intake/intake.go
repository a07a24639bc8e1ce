// Package intake is the one way into the vault: it parses what somebody hands in, stores the rows, pairs leaves with
// keys, numbers generations and moves the group's pointer, all in one transaction per request.
//
// Uploads, ingest and later ACME and CA sync all call Store. Nothing of a request is stored when its transaction does
// not commit; a file that is refused does not spoil the others. The other use cases that change what a generation rests
// on (activate, move, delete) call Activate, Placed and Detach inside their own transaction.
package intake

import (
	"cmp"
	"context"
	"crypto/x509"
	"log/slog"
	"runtime"
	"time"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// MaxFiles is how many files one request may bring.
const MaxFiles = 20

// ParseLimit is how long one file may be looked at.
const ParseLimit = 2 * time.Second

// Deps are what the service needs. Roots may be nil: nothing then counts as publicly trusted.
type Deps struct {
	Store  ports.Store
	Sealer ports.Sealer
	Roots  *x509.CertPool
	Log    *slog.Logger
}

// Service stores what comes in. It is safe for concurrent use.
type Service struct {
	Deps
	slots chan struct{} // bounds how many files are parsed at a time
}

// New makes the service.
func New(d Deps) *Service {
	return &Service{Deps: d, slots: make(chan struct{}, max(2, runtime.GOMAXPROCS(0)))}
}

// File is one file of a request.
type File struct {
	Filename string
	Name     string // friendly name; empty: the file name without its extension
	Unnamed  bool   // the file name is one that we gave it: without a Name its rows are called after what they are
	Data     []byte
	Password secret.String
}

// MaxCertificates is how many certificates the files of one request may hold together.
const MaxCertificates = 100

// Request is what somebody hands in. Group is an id or a name; a name that is new is made.
type Request struct {
	Files  []File
	Group  string
	Source artifact.Source
	// Strict means all files or nothing: when a file is refused or unknown, or a leaf or key of it lives in another
	// group, the whole request is refused with that file's code (not_recognised, in_other_group) and nothing is stored.
	Strict bool
	// Replaces is the row of kind unknown that this very content was: deleted in the same transaction when something was
	// read this time.
	Replaces artifact.ID
}

// Status is what became of one file.
type Status string

// The statuses.
const (
	Stored    Status = "stored"
	Duplicate Status = "duplicate"
	Unknown   Status = "unknown"
	Refused   Status = "refused"
)

// Ref names a group.
type Ref struct{ ID, Name string }

// FileResult is what became of one file. Code is empty for a plain Stored.
type FileResult struct {
	File       string // its name, safe to show
	Status     Status
	Code       string
	Message    string
	Artifacts  []artifact.Artifact
	Group      *Ref
	Generation int // of its leaf, else of its key; 0 when they are in none
}

// Result has one FileResult for each File, in the same order.
type Result struct{ Files []FileResult }

// Accepted says whether at least one file was stored, known already, or kept as unknown.
func (r Result) Accepted() bool {
	for _, f := range r.Files {
		if f.Status != Refused {
			return true
		}
	}
	return false
}

// Store parses the files and stores what is good in one transaction. The caller has asked actor.Allow. An error means
// that nothing was stored; refusals of single files are in the Result.
func (s *Service) Store(ctx context.Context, actor tenant.Actor, req Request) (Result, error) {
	switch n := len(req.Files); {
	case n == 0:
		return Result{}, fault.New(fault.Invalid, "no_file", "There is no file in the request.").Field("file", "Choose at least one file.")
	case n > MaxFiles:
		return Result{}, fault.New(fault.TooLarge, "too_many_files", "Send at most 20 files at a time. Nothing was stored.")
	}
	parsed := make([]*parsedFile, len(req.Files))
	defer func() {
		for _, p := range parsed {
			p.wipe()
		}
	}()
	for i, f := range req.Files {
		p, err := s.parse(ctx, f)
		if err != nil {
			return Result{}, err
		}
		parsed[i] = p
	}
	if req.Strict {
		if err := strict(parsed); err != nil {
			return Result{}, err
		}
	}
	if !anyGood(parsed) {
		return refusals(parsed), nil
	}
	// Comparing certificates with one another takes time, so it is done before the transaction.
	found, err := contentsOf(parsed)
	if err != nil {
		return Result{}, err
	}
	var out Result
	err = s.Deps.Store.Tenant(actor.Tenant).Update(ctx, func(tx ports.Tx) error {
		w := &work{s: s, tx: tx, actor: actor, req: req, files: parsed, contents: found}
		var err error
		out, err = w.run(ctx)
		return err
	})
	if err != nil {
		return Result{}, err
	}
	return out, nil
}

// strict answers what is wrong with the first file that is not good.
func strict(files []*parsedFile) error {
	for _, p := range files {
		if p.refusal != nil {
			return p.refusal
		}
		if p.file.Kind == cert.KindUnknown {
			return fault.New(fault.Invalid, "not_recognised", cmp.Or(p.file.Reason, unknownReason))
		}
	}
	return nil
}

// contents is what the files of a request hold together.
type contents struct {
	keys   []*cert.Key
	leaves []*cert.Certificate
}

func contentsOf(files []*parsedFile) (contents, error) {
	var c contents
	var certs []*cert.Certificate
	for _, p := range files {
		if p.file != nil {
			certs = append(certs, p.file.Certificates...)
			c.keys = append(c.keys, p.file.Keys...)
		}
	}
	if len(certs) > MaxCertificates {
		return c, fault.New(fault.TooLarge, "too_many_certificates",
			"The files hold more than 100 certificates together. Send them in several requests. Nothing was stored.")
	}
	c.leaves = cert.Leaves(certs, c.keys)
	for _, p := range files {
		p.callAfter(c.leaves)
	}
	return c, nil
}

func anyGood(files []*parsedFile) bool {
	for _, p := range files {
		if p.refusal == nil {
			return true
		}
	}
	return false
}

func refusals(files []*parsedFile) Result {
	var r Result
	for _, p := range files {
		r.Files = append(r.Files, p.refused())
	}
	return r
}

// unknownReason is what kind unknown says when the parser gave no reason.
const unknownReason = "This is no certificate, key or bundle that we know how to read."
