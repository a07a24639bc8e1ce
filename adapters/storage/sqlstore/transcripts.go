package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// A transcript is stored in pieces, so that a line more costs no more than one of them. The first ones stay; of the others the last
// ones do.
const (
	pieceBytes = 16 << 10
	firstBytes = 128 << 10 // kept of the beginning
	lastBytes  = 128 << 10 // kept of the end
	headPieces = firstBytes / pieceBytes
	tailPieces = lastBytes/pieceBytes + 1 // the last one may be nearly empty

	pieceLast   = `SELECT seq, size FROM deployment_transcripts WHERE tenant_id = $1 AND deployment_id = $2 ORDER BY seq DESC LIMIT 1`
	pieceInsert = `INSERT INTO deployment_transcripts (tenant_id, deployment_id, seq, size, lines) VALUES ($1, $2, $3, $4, $5)`
	pieceAdd    = `UPDATE deployment_transcripts SET size = size + $4, lines = lines || $5 WHERE tenant_id = $1 AND deployment_id = $2 AND seq = $3`
	pieceDrop   = `DELETE FROM deployment_transcripts WHERE tenant_id = $1 AND deployment_id = $2 AND seq > $3 AND seq <= $4`
	pieceList   = `SELECT seq, lines FROM deployment_transcripts WHERE tenant_id = $1 AND deployment_id = $2 ORDER BY seq`
)

// Append implements ports.Deployments.
func (r deployments) Append(ctx context.Context, deploymentID, lines string, fence int64) error {
	var targetID string
	if err := r.row(ctx, "deployment", deploymentOf, []any{string(r.id), deploymentID}, &targetID); err != nil {
		return found(err, "deployment")
	}
	if err := r.hold(ctx, targetID, fence); err != nil {
		return err
	}
	if lines == "" {
		return nil
	}
	text := legible(lines, len(lines)*len("\uFFFD"))
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	var seq, size int
	err := r.row(ctx, "last piece", pieceLast, []any{string(r.id), deploymentID}, &seq, &size)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	for text != "" {
		piece := ""
		if seq > 0 {
			piece = cut(text, pieceBytes-size)
		}
		q := pieceAdd
		if piece == "" { // the last one is full, or its room is less than a rune
			seq, size, q = seq+1, 0, pieceInsert
			piece = cut(text, pieceBytes)
		}
		if _, err := r.exec(ctx, "store piece", q, string(r.id), deploymentID, seq, len(piece), piece); err != nil {
			return err
		}
		text, size = text[len(piece):], size+len(piece)
	}
	if seq <= headPieces+tailPieces {
		return nil
	}
	_, err = r.exec(ctx, "drop pieces", pieceDrop, string(r.id), deploymentID, headPieces, seq-tailPieces)
	return err
}

// transcript puts the pieces together again.
func (r deployments) transcript(ctx context.Context, deploymentID string) (string, error) {
	var first, last strings.Builder
	seen, dropped := 0, 0
	err := r.rows(ctx, "transcript", pieceList, []any{string(r.id), deploymentID}, func(rw row) error {
		var seq int
		var lines string
		if err := rw.Scan(&seq, &lines); err != nil {
			return err
		}
		dropped += seq - seen - 1
		seen = seq
		if dropped == 0 {
			first.WriteString(lines)
		} else {
			last.WriteString(lines)
		}
		return nil
	})
	if dropped == 0 {
		return first.String(), err
	}
	// Both ends are cut at a line.
	begin, end := first.String(), last.String()
	begin = begin[:strings.LastIndexByte(begin, '\n')+1]
	_, end, _ = strings.Cut(end, "\n")
	return fmt.Sprintf("%s[… about %d KiB are left out here …]\n%s", begin, dropped*pieceBytes>>10, end), err
}
