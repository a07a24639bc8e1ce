package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
)

// fetchers is how many downloads go on at the same time.
const fetchers = 8

// process looks at the built binary from outside: size, start-up time, resident memory.
func (b *bench) process(ctx context.Context) error {
	bin, megabytes, err := b.build(ctx)
	if err != nil {
		return err
	}
	most := b.sizes[len(b.sizes)-1]
	full, err := b.dataset(ctx, "sqlite", most)
	if err != nil {
		return err
	}
	empty, err := b.tempDir("empty")
	if err != nil {
		return err
	}
	first, blank, laden, err := b.startUps(ctx, bin, empty, full.dir)
	if err != nil {
		return err
	}
	t := newTable("Start-up: from exec until /readyz answers 200, SQLite", "", "starts/s", "against empty")
	t.row("empty vault", whole(1/blank), ratio(1))
	t.row("first start: schema and KEK made", whole(1/first), ratio(first/blank))
	t.row(count(most)+" artifacts", whole(1/laden), ratio(laden/blank))
	t.print(b.out)
	return b.memory(ctx, bin, megabytes, full, empty)
}

// build makes the binary as make build does, but for the version, and answers its size.
func (b *bench) build(ctx context.Context) (bin string, megabytes float64, err error) {
	bin = filepath.Join(b.dir, "ignisfox")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", bin, "github.com/ignisfox/ignisfox/cmd/ignisfox")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", 0, fmt.Errorf("go build: %w\n%s", err, out)
	}
	info, err := os.Stat(bin)
	if err != nil {
		return "", 0, err
	}
	return bin, float64(info.Size()) / (1 << 20), nil
}

// startUps answers the medians, in seconds, of a start in a new directory, on an empty vault and on a full one.
func (b *bench) startUps(ctx context.Context, bin, empty, full string) (first, blank, laden float64, err error) {
	var took [3][]float64
	for round := range b.rounds + 1 { // the first brings the files into memory and does not count
		fresh, err := b.tempDir("fresh")
		if err != nil {
			return 0, 0, 0, err
		}
		for i, dir := range []string{fresh, empty, full} {
			c, err := start(ctx, bin, dir)
			if err != nil {
				return 0, 0, 0, err
			}
			if round > 0 {
				took[i] = append(took[i], c.ready.Seconds())
			}
			if err := c.stop(); err != nil {
				return 0, 0, 0, err
			}
		}
		if err := os.RemoveAll(fresh); err != nil {
			return 0, 0, 0, err
		}
	}
	return median(took[0]), median(took[1]), median(took[2]), nil
}

// memory prints what the server takes up idle, and after everything in the vault was listed and every certificate fetched.
func (b *bench) memory(ctx context.Context, bin string, megabytes float64, full *dataset, empty string) error {
	c, err := start(ctx, bin, empty)
	if err != nil {
		return err
	}
	idle, _, err := c.resident()
	if stopErr := c.stop(); err == nil {
		err = stopErr
	}
	if err != nil {
		return err
	}
	c, err = start(ctx, bin, full.dir)
	if err != nil {
		return err
	}
	defer func() { _ = c.stop() }()
	before, _, err := c.resident()
	if err != nil {
		return err
	}
	listed, fetched, err := c.readAll(ctx, full.token.Reveal())
	if err != nil {
		return err
	}
	if listed != full.size {
		return fmt.Errorf("%d of %d artifacts were listed", listed, full.size)
	}
	after, peak, err := c.resident()
	if err != nil {
		return err
	}
	t := newTable("Size: the binary, and resident memory on SQLite", "", "MB", "against idle")
	t.note("after: all %d artifacts were listed in pages of 200 and %d certificates downloaded, %d at a time", listed, fetched, fetchers)
	t.row("binary", whole(megabytes), "")
	t.row("idle, empty vault", whole(idle), ratio(1))
	t.row("idle, "+count(full.size)+" artifacts", whole(before), ratio(before/idle))
	t.row("after", whole(after), ratio(after/idle))
	t.row("at its most", whole(peak), ratio(peak/idle))
	t.print(b.out)
	return nil
}

// readAll lists every artifact over the REST API and downloads the certificates among them.
func (c *child) readAll(ctx context.Context, token string) (listed, fetched int, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	ids := make(chan string)
	var wg sync.WaitGroup
	for range fetchers {
		wg.Go(func() {
			for id := range ids {
				_, status, err := c.get(ctx, "/api/v1/artifacts/"+id+"/download", token)
				if err == nil && status != http.StatusOK {
					err = fmt.Errorf("a download was answered %d", status)
				}
				if err != nil {
					cancel(err)
				}
			}
		})
	}
	err = c.walk(ctx, token, func(id, kind string) {
		listed++
		if kind != "cert" {
			return
		}
		select {
		case ids <- id:
			fetched++
		case <-ctx.Done():
		}
	})
	close(ids)
	wg.Wait()
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return listed, fetched, err
}

// walk calls each for every artifact, page by page.
func (c *child) walk(ctx context.Context, token string, each func(id, kind string)) error {
	for cursor := ""; ; {
		body, status, err := c.get(ctx, "/api/v1/artifacts?limit=200&cursor="+url.QueryEscape(cursor), token)
		if err != nil {
			return err
		}
		if status != http.StatusOK {
			return fmt.Errorf("a list was answered %d", status)
		}
		var page struct {
			Items []struct{ ID, Kind string }
			Next  *string
		}
		if err := json.Unmarshal(body, &page); err != nil {
			return err
		}
		for _, a := range page.Items {
			each(a.ID, a.Kind)
		}
		if page.Next == nil {
			return nil
		}
		cursor = *page.Next
	}
}
