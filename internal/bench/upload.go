package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/ignisfox/ignisfox/adapters/seal"
	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/testcert"
	"github.com/ignisfox/ignisfox/ports"
)

// uploaders is how many people upload at the same time.
const uploaders = 4

// unsealed stands for a vault that stores what it gets as it is. The trail is still signed: that is no sealing.
type unsealed struct{ *seal.Sealer }

// Seal answers a copy of plain.
func (unsealed) Seal(_ context.Context, _ ports.Place, plain secret.Bytes) ([]byte, error) {
	return plain.Clone().Reveal(), nil
}

// Open answers a copy of stored.
func (unsealed) Open(_ context.Context, _ ports.Place, stored []byte) (secret.Bytes, error) {
	return secret.NewBytes(stored).Clone(), nil
}

// uploader is one way of storing, in a tenant of its own.
type uploader struct {
	vault *vault.Service
	actor tenant.Actor
	rates []float64
}

// upload compares uploads a second with and without sealing. One upload is a file with leaf, chain and key: three rows, a new
// group and its first generation.
func (b *bench) upload(ctx context.Context) error {
	t := newTable("Uploads: sealed against not sealed", "engine", "unsealed/s", "sealed/s", "sealed : unsealed")
	t.note("one upload: a file with leaf, chain and key, which makes a group and its current generation; %d at a time", uploaders)
	ca := testcert.Root("Bench Root").Intermediate("Bench CA")
	for _, engine := range b.engines {
		plain, sealed, of, err := b.uploadOn(ctx, engine, ca)
		if err != nil {
			return fmt.Errorf("%s: %w", engine, err)
		}
		t.row(engine, whole(plain), whole(sealed), ratio(of))
	}
	t.print(b.out)
	return nil
}

func (b *bench) uploadOn(ctx context.Context, engine string, ca *testcert.Pair) (plain, sealed, of float64, err error) {
	s, err := b.freshStack(ctx, engine)
	if err != nil {
		return 0, 0, 0, err
	}
	defer func() { _ = s.close() }()
	ways := []*uploader{{vault: s.vaultWith(unsealed{s.sealer})}, {vault: s.vault}}
	for i, w := range ways {
		if w.actor, err = s.newTenant(ctx, fmt.Sprintf("Upload %d", i)); err != nil {
			return 0, 0, 0, err
		}
	}
	for round := range b.rounds + 1 { // the first warms up and does not count
		for i := range ways {
			w := ways[(i+round)%len(ways)] // each is first as often as the other
			rate, err := w.round(ctx, bundles(ca, b.uploads))
			if err != nil {
				return 0, 0, 0, err
			}
			if round > 0 {
				w.rates = append(w.rates, rate)
			}
		}
	}
	return median(ways[0].rates), median(ways[1].rates), against(ways[1].rates, ways[0].rates), nil
}

// bundles makes n files, each a certificate nobody has seen before with its chain and key.
func bundles(ca *testcert.Pair, n int) [][]byte {
	out := make([][]byte, n)
	for i := range out {
		leaf := ca.Leaf(fmt.Sprintf("host-%d-%d.upload.example.com", time.Now().UnixNano(), i))
		out[i] = append(append(append([]byte(nil), leaf.CertPEM...), leaf.ChainPEM()...), leaf.KeyPEM...)
	}
	return out
}

// round uploads the files, several at a time, and answers how many went in a second.
func (u *uploader) round(ctx context.Context, files [][]byte) (float64, error) {
	settle()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan []byte, len(files))
	for _, f := range files {
		next <- f
	}
	close(next)
	var wg sync.WaitGroup
	start := time.Now()
	for range uploaders {
		wg.Go(func() {
			for f := range next {
				if err := u.one(ctx, f); err != nil {
					cancel(err)
					return
				}
			}
		})
	}
	wg.Wait()
	took := time.Since(start)
	return float64(len(files)) / took.Seconds(), context.Cause(ctx)
}

func (u *uploader) one(ctx context.Context, file []byte) error {
	r, err := u.vault.Upload(ctx, u.actor, intake.Request{Files: []intake.File{{Filename: "bundle.pem", Data: file}}})
	if err != nil {
		return err
	}
	if f := r.Files[0]; f.Status != intake.Stored || f.Generation != 1 {
		return fmt.Errorf("an upload became %s (%s), generation %d", f.Status, f.Code, f.Generation)
	}
	return nil
}

// freshStack opens a new database of the engine.
func (b *bench) freshStack(ctx context.Context, engine string) (*stack, error) {
	dir, err := b.tempDir(engine)
	if err != nil {
		return nil, err
	}
	url, err := b.database(ctx, engine, dir)
	if err != nil {
		return nil, err
	}
	return openStack(ctx, dir, url)
}
