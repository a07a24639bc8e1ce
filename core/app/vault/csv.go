package vault

import (
	"context"
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// csvPages bounds an export: 5,000 pages of 200 rows.
const csvPages = 5000

var csvHead = []string{
	"id", "kind", "name", "filename", "group", "subject", "sans", "issuer", "serial", "not_before", "not_after",
	"fingerprint_sha256", "spki_sha256", "key_type", "key_bits", "source", "created_at", "created_by",
}

// CSV writes the metadata of the rows that q finds, never anything of their payloads, page by page.
func (s *Service) CSV(ctx context.Context, actor tenant.Actor, q ListQuery, w io.Writer) error {
	if err := actor.Allow(tenant.ArtifactRead); err != nil {
		return err
	}
	q.Limit, q.Cursor = 200, ""
	page, err := s.List(ctx, actor, q)
	if err != nil {
		return err
	}
	out := csv.NewWriter(w)
	if err := out.Write(csvHead); err != nil {
		return err
	}
	for range csvPages {
		for i := range page.Items {
			if err := out.Write(csvRow(&page.Items[i])); err != nil {
				return err
			}
		}
		if page.Next == "" {
			break
		}
		q.Cursor = page.Next
		if page, err = s.List(ctx, actor, q); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func csvRow(a *artifact.Artifact) []string {
	bits := ""
	if a.KeyBits > 0 {
		bits = strconv.Itoa(a.KeyBits)
	}
	row := []string{
		string(a.ID), string(a.Kind), a.Name, a.Filename, a.GroupName, a.Subject, strings.Join(a.SANs, " "), a.Issuer, a.Serial,
		day(a.NotBefore), day(a.NotAfter), a.Fingerprint, a.SPKI, a.KeyType, bits, string(a.Source), day(a.CreatedAt), a.CreatedBy,
	}
	for i := range row {
		row[i] = cell(row[i])
	}
	return row
}

func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// cell keeps a spreadsheet from taking text for a formula. Control characters were made visible when the row was stored.
func cell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\x00", rune(s[0])) {
		return "'" + s
	}
	return s
}
