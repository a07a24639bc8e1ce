package vault

import (
	"archive/zip"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// Download is a file on its way out. Filename is safe to show; the caller wipes Body.
type Download struct {
	Filename    string
	ContentType string
	Body        secret.Bytes
}

// Download answers a row's bytes. Certificates come as ext "pem" (when empty), "crt" or "cer", with the same bytes. What
// holds a key needs the export permission; every download of one is in the trail before the bytes go out.
func (s *Service) Download(ctx context.Context, actor tenant.Actor, id artifact.ID, ext string) (Download, error) {
	var d Download
	if err := actor.Allow(tenant.ArtifactRead); err != nil {
		return d, err
	}
	a, err := s.Get(ctx, actor, id)
	if err != nil {
		return d, err
	}
	if d.Filename, err = downloadName(a, ext); err != nil {
		return d, err
	}
	if a.HoldsKey {
		if err := s.exported(ctx, actor, []artifact.Artifact{a}); err != nil {
			return d, err
		}
	}
	d.ContentType = contentType(a.Kind)
	d.Body, err = s.open(ctx, actor, id)
	return d, err
}

// exported asks for the permission to take keys out and writes the rows into the trail.
func (s *Service) exported(ctx context.Context, actor tenant.Actor, rows []artifact.Artifact) error {
	if err := actor.Allow(tenant.ArtifactExport); err != nil {
		return err
	}
	return s.update(ctx, actor, func(tx ports.Tx) error {
		for _, a := range rows {
			details := map[string]string{"kind": string(a.Kind)}
			if err := s.record(ctx, tx, actor, tenant.ArtifactExport, string(a.ID), a.Name, details); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Service) open(ctx context.Context, actor tenant.Actor, id artifact.ID) (secret.Bytes, error) {
	var out secret.Bytes
	err := s.Store.Tenant(actor.Tenant).View(ctx, func(tx ports.Tx) (err error) {
		out, err = intake.Payload(ctx, tx, s.Sealer, id)
		return err
	})
	return out, err
}

func contentType(k cert.Kind) string {
	switch k {
	case cert.KindCert, cert.KindKey, cert.KindBundle:
		return "application/x-pem-file"
	case cert.KindPFX:
		return "application/x-pkcs12"
	}
	return "application/octet-stream"
}

var extensions = map[cert.Kind][]string{
	cert.KindCert: {"pem", "crt", "cer"}, cert.KindKey: {"key", "pem"}, cert.KindPFX: {"pfx", "p12"},
}

// downloadName is the friendly name with an ending of its kind; bundles and unknown files keep the name they came with.
func downloadName(a artifact.Artifact, ext string) (string, error) {
	allowed := extensions[a.Kind]
	if allowed == nil {
		return a.Filename, nil
	}
	if ext == "" {
		ext = allowed[0]
	}
	if !slices.Contains(allowed, ext) {
		return "", fault.New(fault.Invalid, "bad_extension", "This row cannot be had with that ending.").
			Field("ext", "Use "+strings.Join(allowed, ", ")+".")
	}
	base := a.Name
	for _, e := range []string{".pem", ".crt", ".cer", ".key", ".pfx", ".p12"} {
		base = strings.TrimSuffix(base, e)
	}
	return base + "." + ext, nil
}

// Zip writes the rows as one archive. It refuses before the first byte is written.
func (s *Service) Zip(ctx context.Context, actor tenant.Actor, ids []artifact.ID, w io.Writer) error {
	rows, err := s.zipRows(ctx, actor, ids)
	if err != nil {
		return err
	}
	z := zip.NewWriter(w)
	used := map[string]bool{}
	for _, a := range rows {
		name, err := downloadName(a, "")
		if err != nil {
			return err
		}
		if err := s.zipOne(ctx, actor, z, a, entryName(name, used)); err != nil {
			return err
		}
	}
	return z.Close()
}

func (s *Service) zipRows(ctx context.Context, actor tenant.Actor, ids []artifact.ID) ([]artifact.Artifact, error) {
	if err := checkMany(ids); err != nil {
		return nil, err
	}
	var rows, keyed []artifact.Artifact
	for _, id := range ids {
		a, err := s.Get(ctx, actor, id)
		if err != nil {
			return nil, err
		}
		rows = append(rows, a)
		if a.HoldsKey {
			keyed = append(keyed, a)
		}
	}
	if len(keyed) > 0 {
		return rows, s.exported(ctx, actor, keyed)
	}
	return rows, nil
}

func (s *Service) zipOne(ctx context.Context, actor tenant.Actor, z *zip.Writer, a artifact.Artifact, name string) error {
	body, err := s.open(ctx, actor, a.ID)
	if err != nil {
		return err
	}
	defer body.Wipe()
	f, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: a.CreatedAt.UTC()})
	if err != nil {
		return fmt.Errorf("zip entry: %w", err)
	}
	_, err = f.Write(body.Reveal())
	return err
}

// entryName keeps names inside the archive: no path, no hidden or empty name, no second file of the same name. used holds
// the names that were given, in lower case.
func entryName(name string, used map[string]bool) string {
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
		return r
	}, name)
	name = strings.TrimRight(strings.TrimLeft(name, ". "), ". ")
	if name == "" {
		name = "file"
	}
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 {
		dot = len(name)
	}
	given := name
	for n := 2; used[strings.ToLower(given)]; n++ { // ends: every name in used is passed once at most
		given = fmt.Sprintf("%s (%d)%s", name[:dot], n, name[dot:])
	}
	used[strings.ToLower(given)] = true
	return given
}
