package sqlstore

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// What the overview shows is counted beforehand: a method that inserts or deletes rows notes it, and the transaction adds what was
// noted right before its commit. So a counter is locked for no longer than the commit takes, and all take their counters in one
// order. Rows of deleted tenants are swept without counting; their counters go as they do.

const (
	counterAdd = `INSERT INTO counters (tenant_id, what, n) VALUES ($1, $2, $3)
		ON CONFLICT (tenant_id, what) DO UPDATE SET n = counters.n + excluded.n`
	quarterAdd = `INSERT INTO expiry_quarters (tenant_id, quarter, ahead, n) VALUES ($1, $2, $3, $4)
		ON CONFLICT (tenant_id, quarter, ahead) DO UPDATE SET n = expiry_quarters.n + excluded.n`
	quarterDrop = `DELETE FROM expiry_quarters WHERE tenant_id = $1 AND quarter = $2 AND ahead = $3 AND n = 0`
)

// Sorts of rows that are counted; those of artifacts have their kind behind them.
const (
	countGroups       = "groups"
	countTargets      = "targets"
	countIngestTokens = "ingest_tokens"
	countArtifacts    = "artifact."
	countEnds         = "ends" // how often the ends of certificates were counted anew; it never goes back
)

// quarter is the width of the slots of expiry_quarters, in microseconds: the offsets of all time zones are whole quarters of an hour.
const quarter = 15 * 60 * 1_000_000

// counter is one number: of a sort of rows, or, when what is empty, of certificates that expire in a quarter of an hour and turn amber
// so long before.
type counter struct {
	tenant tenant.ID
	what   string
	at     int64
	ahead  int64
}

// count notes n more rows.
func (s scope) count(what string, n int) { s.note(counter{s.id, what, 0, 0}, n) }

// countArtifact notes n more artifacts of a kind and life.
func (s scope) countArtifact(kind cert.Kind, notBefore, notAfter int64, n int) {
	s.count(countArtifacts+string(kind), n)
	if kind == cert.KindCert && notAfter != 0 {
		ahead := artifact.Ahead(time.UnixMicro(notBefore), time.UnixMicro(notAfter)).Microseconds()
		s.note(counter{s.id, "", quarterOf(notAfter), quarterOf(ahead)}, n)
		s.count(countEnds, 1)
	}
}

func (t *txn) note(c counter, n int) {
	if t.counts == nil {
		t.counts = map[counter]int{}
	}
	t.counts[c] += n
}

// quarterOf answers when the quarter of an hour began that a time lies in. The remainder of a time before 1970 is negative.
func quarterOf(at int64) int64 { return at - (at%quarter+quarter)%quarter }

// settle adds what was noted.
func (t *txn) settle(ctx context.Context) error {
	order := func(a, b counter) int {
		return cmp.Or(cmp.Compare(a.tenant, b.tenant), cmp.Compare(a.what, b.what), cmp.Compare(a.at, b.at), cmp.Compare(a.ahead, b.ahead))
	}
	for _, c := range slices.SortedFunc(maps.Keys(t.counts), order) {
		n := t.counts[c]
		delete(t.counts, c)
		if n == 0 {
			continue
		}
		if err := (scope{t, c.tenant}).addTo(ctx, c, n); err != nil {
			return err
		}
	}
	return nil
}

func (s scope) addTo(ctx context.Context, c counter, n int) error {
	if c.what != "" {
		_, err := s.exec(ctx, "count rows", counterAdd, string(s.id), c.what, n)
		return err
	}
	_, err := s.exec(ctx, "count ends", quarterAdd, string(s.id), c.at, c.ahead, n)
	if err == nil && n < 0 {
		_, err = s.exec(ctx, "drop empty count", quarterDrop, string(s.id), c.at, c.ahead)
	}
	return err
}
