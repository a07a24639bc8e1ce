package sqlstore

import (
	"context"
	"math"
	"strings"
	"time"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	summaryCounts   = `SELECT what, n FROM counters WHERE tenant_id = $1`
	summaryExpiring = `SELECT ` + artifactColumns + ` FROM (SELECT artifact_id FROM expiring_certs WHERE tenant_id = $1 AND not_after < $2
		ORDER BY not_after, artifact_id LIMIT $3) e CROSS JOIN artifacts a
		LEFT JOIN cert_groups g ON g.tenant_id = a.tenant_id AND g.id = a.group_id
		WHERE a.tenant_id = $1 AND a.id = e.artifact_id ORDER BY a.not_after, a.id`
	summaryExpiringCount = `SELECT count(*) FROM (SELECT 1 FROM expiring_certs WHERE tenant_id = $1 AND not_after < $2 LIMIT $3) e`
	summaryCalendar      = `SELECT (quarter - $2) / $4 AS hour, CAST(sum(n) AS BIGINT), min(quarter - ahead), min(quarter - ahead / 4)
		FROM expiry_quarters WHERE tenant_id = $1 AND quarter >= $2 AND quarter < $3 AND n > 0 GROUP BY 1 ORDER BY 1`
	// Slots hold one certificate at least: no more of them are looked at than are counted.
	summaryEnding = `SELECT CAST(COALESCE(sum(n), 0) AS BIGINT) FROM (SELECT n FROM expiry_quarters
		WHERE tenant_id = $1 AND quarter >= $2 AND quarter < $3 AND n > 0 ORDER BY quarter DESC, ahead DESC LIMIT $4) q`
	summaryEdge = `SELECT count(*) FROM (SELECT 1 FROM artifacts WHERE tenant_id = $1 AND expires_key >= $2 AND expires_key < $3
		AND kind = 'cert' LIMIT $4) a`
)

// summary answers the overview from counters.go and from indexes that hold no more than what it shows.
type summary struct{ scope }

var _ ports.Summary = summary{}

// Counts implements ports.Summary.
func (r summary) Counts(ctx context.Context) (artifact.Counts, error) {
	c := artifact.Counts{Artifacts: map[cert.Kind]int{}}
	if err := r.settle(ctx); err != nil {
		return c, err
	}
	err := r.rows(ctx, "counters", summaryCounts, []any{string(r.id)}, func(rw row) error {
		var what string
		var n int
		if err := rw.Scan(&what, &n); err != nil {
			return err
		}
		switch kind, of := strings.CutPrefix(what, countArtifacts); {
		case of && n != 0:
			c.Artifacts[cert.Kind(kind)] = n
		case what == countGroups:
			c.Groups = n
		case what == countTargets:
			c.Targets = n
		case what == countIngestTokens:
			c.IngestTokens = n
		case what == countEnds:
			c.Ends = n
		}
		return nil
	})
	return c, err
}

// Expiring implements ports.Summary.
func (r summary) Expiring(ctx context.Context, before time.Time, limit int) ([]artifact.Artifact, int, error) {
	n := 0
	err := r.row(ctx, "number of ends", summaryExpiringCount, []any{string(r.id), micros(before), artifact.MostCounted}, &n)
	if err != nil {
		return nil, 0, err
	}
	out, err := artifacts(r).all(ctx, "next ends", summaryExpiring, string(r.id), micros(before), few(limit))
	return out, n, err
}

// few answers how many rows are asked for: 0 to limitMost.
func few(limit int) int { return min(max(limit, 0), limitMost) }

// Calendar implements ports.Summary.
func (r summary) Calendar(ctx context.Context, from, to time.Time) (out []artifact.HourCount, err error) {
	if err := r.settle(ctx); err != nil {
		return nil, err
	}
	begin := time.UnixMicro(quarterOf(from.UnixMicro())).UTC()
	args := []any{string(r.id), begin.UnixMicro(), to.UnixMicro(), time.Hour.Microseconds()}
	err = r.rows(ctx, "calendar", summaryCalendar, args, func(rw row) error {
		var hour int64
		var h artifact.HourCount
		err := rw.Scan(&hour, &h.N, stamp{&h.Amber}, stamp{&h.Red})
		h.From = begin.Add(time.Duration(hour) * time.Hour)
		out = append(out, h)
		return err
	})
	return out, err
}

// Ending implements ports.Summary. Whole quarters of an hour are counted beforehand; those at the edges are looked at.
func (r summary) Ending(ctx context.Context, from, before time.Time) (int, error) {
	if err := r.settle(ctx); err != nil {
		return 0, err
	}
	first, last := int64(math.MinInt64), before.UnixMicro()
	total := 0
	count := func(q string, from, to int64) error {
		n := 0
		if from >= to || total >= artifact.MostCounted {
			return nil
		}
		err := r.row(ctx, "number of ends", q, []any{string(r.id), from, to, artifact.MostCounted}, &n)
		total += n
		return err
	}
	whole := first
	if !from.IsZero() {
		first = from.UnixMicro()
		if whole = quarterOf(first); whole < first {
			whole += quarter
		}
		if err := count(summaryEdge, first, min(whole, last)); err != nil {
			return 0, err
		}
	}
	end := quarterOf(last)
	if err := count(summaryEnding, whole, end); err != nil {
		return 0, err
	}
	if err := count(summaryEdge, max(whole, end), last); err != nil {
		return 0, err
	}
	return min(total, artifact.MostCounted), nil
}

// Between implements ports.Summary.
func (r summary) Between(ctx context.Context, from, to time.Time, limit int) ([]artifact.Artifact, error) {
	if few(limit) == 0 {
		return nil, nil
	}
	page, err := artifacts(r).List(ctx, artifact.Query{Sort: artifact.SortExpiry, ExpiresFrom: from, ExpiresBefore: to, Limit: few(limit)})
	return page.Items, err
}
