package storage_test

import (
	"crypto/sha256"
	"database/sql"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ignisfox/ignisfox/adapters/storage"
	"github.com/ignisfox/ignisfox/adapters/storage/migrations"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
	"github.com/pressly/goose/v3"
)

// released is a database as the first release of the schema leaves it.
type released struct {
	*testing.T
	db *sql.DB
}

func firstRelease(t *testing.T, url string) *released {
	t.Helper()
	driver, dsn, engine, dialect := "pgx", url, "postgres", goose.DialectPostgres
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		driver, dsn, engine, dialect = "sqlite", path, "sqlite", goose.DialectSQLite3
	}
	db, err := sql.Open(driver, dsn)
	must(t, err)
	db.SetMaxOpenConns(1) // so that what is set for row-level security holds
	const first = "0001_start.sql"
	files := fstest.MapFS{first: {Data: must2(fs.ReadFile(migrations.FS(engine), first))}}
	p, err := goose.NewProvider(dialect, db, files, goose.WithTableName("ignisfox_schema"), goose.WithLogger(goose.NopLogger()),
		goose.WithDisableGlobalRegistry(true))
	must(t, err)
	_, err = p.Up(t.Context())
	must(t, err)
	return &released{t, db}
}

// as is whose rows follow; SQLite does not ask.
func (r *released) as(id, door string) {
	if _, err := r.db.Exec("SELECT set_config('ignisfox.tenant', $1, false), set_config('ignisfox.door', $2, false)", id, door); err != nil &&
		!strings.Contains(err.Error(), "no such function") {
		r.Fatal(err)
	}
}

// put inserts a row; the columns that it does not name are empty, by their sort.
func (r *released) put(table string, row map[string]any, empty ...string) {
	r.Helper()
	for _, spec := range empty { // "text a b", "number c d", "blob e", "no f"
		words := strings.Fields(spec)
		zero := map[string]any{"text": "", "number": 0, "blob": []byte{}, "no": false}[words[0]]
		for _, column := range words[1:] {
			if _, there := row[column]; !there {
				row[column] = zero
			}
		}
	}
	columns := slices.Sorted(maps.Keys(row))
	var marks []string
	var args []any
	for i, c := range columns {
		marks, args = append(marks, fmt.Sprint("$", i+1)), append(args, row[c])
	}
	_, err := r.db.Exec("INSERT INTO "+table+" ("+strings.Join(columns, ", ")+") VALUES ("+strings.Join(marks, ", ")+")", args...)
	must(r, err)
}

func (r *released) tenant(id string) {
	r.as(id, "platform")
	r.put("tenants", map[string]any{"id": id, "name": id, "name_key": id, "time_zone": "UTC", "created_at": 1})
	r.put("users", map[string]any{"id": "us_" + id, "email": id + "@example.com", "email_key": id + "@example.com", "name": "Kim",
		"password_hash": "phc", "platform_admin": true, "created_at": 1})
	r.as(id, "")
	r.put("members", map[string]any{"tenant_id": id, "user_id": "us_" + id, "role": "owner", "created_at": 1})
}

func (r *released) artifact(of, id, kind string, notAfter int64) {
	end := notAfter
	if end == 0 {
		end = 1<<63 - 1
	}
	r.put("artifacts", map[string]any{"tenant_id": of, "id": id, "kind": kind, "not_before": 5, "not_after": notAfter, "expires_key": end,
		"sans": "[]", "warnings": "[]", "fingerprint": id, "created_at": 1},
		"text name name_key filename group_key subject subject_key issuer issuer_key serial spki key_type subject_hash issuer_hash "+
			"subject_key_id identity reason source created_by created_by_id", "number key_bits size", "no ca holds_key", "blob payload")
}

func (r *released) group(of, id string) {
	r.put("cert_groups", map[string]any{"tenant_id": of, "id": id, "name": id, "name_key": id, "created_at": 1, "last_number": 9})
}

func (r *released) generation(of, groupID string, number int, leaf string, activated int64) {
	r.put("generations", map[string]any{"tenant_id": of, "group_id": groupID, "number": number, "id": fmt.Sprint(groupID, "_", number),
		"leaf_id": leaf, "blocked": "[]", "created_at": 1, "activated_at": activated}, "text leaf_spki missing missing_hash source")
}

func (r *released) point(of, groupID string, number int) {
	_, err := r.db.Exec("UPDATE cert_groups SET current_number = $3 WHERE tenant_id = $1 AND id = $2", of, groupID, number)
	must(r, err)
}

// Whoever ran the first release finds everything counted, and every group in its place, after an upgrade.
func TestUpgradeCountsWhatIsThere(t *testing.T) {
	both(t, func(t *testing.T, url string) {
		r := firstRelease(t, url)
		hour := func(n int) int64 { return then.Truncate(time.Hour).Add(time.Duration(n) * time.Hour).UnixMicro() }
		r.tenant("tn_a")
		for i, end := range []int64{hour(1), hour(1) + 59*60_000_000, hour(2), hour(3), hour(4), 0, -1} {
			r.artifact("tn_a", fmt.Sprint("ar_", i), "cert", end)
		}
		_, err := r.db.Exec("UPDATE artifacts SET not_before = $1 WHERE id = 'ar_3'", hour(3)-6*24*3600*1_000_000) // lives for six days
		must(t, err)
		r.artifact("tn_a", "ar_key", "key", 0)
		r.artifact("tn_a", "ar_pfx", "pfx", hour(2))
		for _, g := range []string{"gr_1", "gr_2", "gr_3"} {
			r.group("tn_a", g)
		}
		r.generation("tn_a", "gr_1", 1, "ar_0", 7) // was current
		r.generation("tn_a", "gr_1", 2, "ar_2", 8)
		r.generation("tn_a", "gr_1", 3, "ar_3", 0) // staged
		r.point("tn_a", "gr_1", 2)
		r.generation("tn_a", "gr_2", 1, "ar_1", 7)
		r.point("tn_a", "gr_2", 1)
		r.put("targets", map[string]any{"tenant_id": "tn_a", "id": "tg_1", "group_id": "gr_1", "settings": "{}", "tags": "[]", "created_at": 1},
			"text name type", "number group_since")
		hash := sha256.Sum256([]byte("it"))
		r.put("ingest_tokens", map[string]any{"tenant_id": "tn_a", "id": "it_1", "hash": hash[:], "created_at": 1}, "text name display created_by")
		r.tenant("tn_b")
		r.artifact("tn_b", "ar_0", "cert", hour(1))
		must(t, r.db.Close())

		_, err = storage.Open(t.Context(), storage.Config{URL: url, Now: time.Now})
		if fault.CodeOf(err) != "schema_version" {
			t.Fatalf("a start that may not migrate: %v", err)
		}
		st := open(t, url)
		ctx := t.Context()
		at := func(n int) time.Time { return time.UnixMicro(hour(n)).UTC() }
		must(t, st.Tenant("tn_a").Update(ctx, func(tx ports.Tx) error {
			// What is counted from now on adds to what was counted by the step.
			must(t, tx.Artifacts().Insert(ctx, artifact.Artifact{ID: "ar_new", Kind: cert.KindCert, NotAfter: at(1), Fingerprint: "new", CreatedAt: then}, nil))
			must(t, tx.Artifacts().Delete(ctx, "ar_4"))
			counts, err := tx.Summary().Counts(ctx)
			must(t, err)
			want := artifact.Counts{Artifacts: map[cert.Kind]int{cert.KindCert: 7, cert.KindKey: 1, cert.KindPFX: 1}, Groups: 3, Targets: 1, IngestTokens: 1}
			if !maps.Equal(counts.Artifacts, want.Artifacts) || counts.Groups != 3 || counts.Targets != 1 || counts.IngestTokens != 1 {
				t.Errorf("counted %+v, want %+v", counts, want)
			}
			calendar, err := tx.Summary().Calendar(ctx, time.Unix(-3600, 0), at(100))
			must(t, err)
			turning := func(from time.Time, n int, ahead time.Duration) artifact.HourCount {
				return artifact.HourCount{From: from, N: n, Amber: from.Add(-ahead), Red: from.Add(-ahead / 4)}
			}
			const day = 24 * time.Hour
			old := time.Unix(-900, 0).UTC()
			want0 := []artifact.HourCount{{From: time.Unix(-3600, 0).UTC(), N: 1, Amber: old, Red: old}, turning(at(1), 3, 30*day), turning(at(2), 1, 30*day),
				turning(at(3), 1, 2*day)}
			if !slices.Equal(calendar, want0) {
				t.Errorf("calendar %v, want %v", calendar, want0)
			}
			ends, n, err := tx.Summary().Expiring(ctx, at(100), 9)
			must(t, err)
			var ids []artifact.ID
			for _, a := range ends {
				ids = append(ids, a.ID)
			}
			if want := []artifact.ID{"ar_6", "ar_new", "ar_1", "ar_2", "ar_3"}; n != len(want) || !slices.Equal(ids, want) {
				t.Errorf("expiring %d: %v, want %v", n, ids, want)
			}
			page, err := tx.Groups().List(ctx, group.Query{Sort: group.SortExpiry})
			must(t, err)
			var got []string
			for _, g := range page.Items {
				got = append(got, fmt.Sprintf("%s %v %v", g.ID, g.NotBefore.Equal(time.UnixMicro(5)), g.NotAfter))
			}
			want2 := []string{fmt.Sprintf("gr_2 true %v", at(1).Add(59*time.Minute)), fmt.Sprintf("gr_1 true %v", at(2)), fmt.Sprintf("gr_3 false %v", time.Time{})}
			if !slices.Equal(got, want2) {
				t.Errorf("groups by end: %v, want %v", got, want2)
			}
			wait, _, err := tx.Summary().Attention(ctx, 9)
			must(t, err)
			if len(wait) != 1 || wait[0].ID != "gr_1" {
				t.Errorf("attention: %v", wait)
			}
			_, states, err := tx.Summary().Behind(ctx, 9)
			must(t, err)
			if states[target.StateNever] != 1 {
				t.Errorf("states: %v", states)
			}
			w, err := tx.Workspace().Get(ctx)
			must(t, err)
			if w.SecondFactor || !w.ConfirmedAt.IsZero() {
				t.Errorf("workspace %+v", w)
			}
			m, err := tx.Members().Get(ctx, "us_tn_a")
			must(t, err)
			if !m.LastAt.IsZero() || m.Role != tenant.Owner {
				t.Errorf("member %+v", m)
			}
			return nil
		}))
		must(t, st.Tenant("tn_b").View(ctx, func(tx ports.Tx) error {
			counts, err := tx.Summary().Counts(ctx)
			if len(counts.Artifacts) != 1 || counts.Artifacts[cert.KindCert] != 1 || counts.Groups != 0 {
				t.Errorf("tn_b counted %+v", counts)
			}
			return err
		}))
		if !strings.HasPrefix(url, "sqlite:") {
			if got := unguarded(t, raw(t, url)); !slices.Equal(got, []string{"auth_epoch", "ignisfox_schema"}) {
				t.Errorf("the upgrade leaves row-level security off for %v", got)
			}
		}
	})
}

// Whoever had an account in the first release was made with a workspace: none is made for them by itself.
func TestUpgradeKnowsWhoHadAWorkspace(t *testing.T) {
	both(t, func(t *testing.T, url string) {
		r := firstRelease(t, url)
		r.tenant("tn_a")
		must(t, r.db.Close())
		must(t, open(t, url).Platform().View(t.Context(), func(tx ports.PlatformTx) error {
			u, err := tx.Users().Get(t.Context(), "us_tn_a")
			if err == nil && !u.HadWorkspace {
				t.Errorf("%+v", u)
			}
			return err
		}))
	})
}

// What was there before lists could be sorted is sorted with the rest.
func TestUpgradeSortsWhatIsThere(t *testing.T) {
	both(t, func(t *testing.T, url string) {
		r := firstRelease(t, url)
		r.tenant("tn_a")
		for _, g := range []string{"gr_b", "gr_a"} {
			r.group("tn_a", g)
		}
		for i, name := range []string{"Mail", "web", "DNS"} {
			id := fmt.Sprint(i)
			r.put("targets", map[string]any{"tenant_id": "tn_a", "id": "tg_" + id, "name": name, "group_id": []string{"gr_b", "gr_a", "gr_b"}[i],
				"settings": "{}", "tags": "[]", "created_at": 1}, "text type", "number group_since")
			hash := sha256.Sum256([]byte(id))
			token := map[string]any{"tenant_id": "tn_a", "id": "it_" + id, "name": name, "hash": hash[:], "created_at": 1}
			if i > 0 {
				token["group_id"] = []string{"", "gr_b", "gr_a"}[i]
			}
			r.put("ingest_tokens", token, "text display created_by")
		}
		must(t, r.db.Close())
		ctx := t.Context()
		must(t, open(t, url).Tenant("tn_a").Update(ctx, func(tx ports.Tx) error {
			must(t, tx.Targets().Insert(ctx, target.Target{ID: "tg_new", Name: "new", Group: "gr_a", CreatedAt: then}))
			for sort, want := range map[target.Sort][]string{
				target.SortName: {"tg_2", "tg_0", "tg_new", "tg_1"}, target.SortGroup: {"tg_1", "tg_new", "tg_0", "tg_2"},
			} {
				page, err := tx.Targets().List(ctx, target.Query{Sort: sort})
				must(t, err)
				var got []string
				for _, x := range page.Items {
					got = append(got, x.ID)
				}
				if !slices.Equal(got, want) {
					t.Errorf("targets by %s: %v, want %v", sort, got, want)
				}
			}
			for sort, want := range map[tenant.IngestTokenSort][]string{
				tenant.IngestTokensByName: {"it_2", "it_0", "it_1"}, tenant.IngestTokensByGroup: {"it_0", "it_2", "it_1"},
			} {
				list, _, err := tx.IngestTokens().List(ctx, tenant.IngestTokenQuery{Sort: sort})
				must(t, err)
				var got []string
				for _, x := range list {
					got = append(got, x.ID)
				}
				if !slices.Equal(got, want) {
					t.Errorf("tokens by %s: %v, want %v", sort, got, want)
				}
			}
			return nil
		}))
	})
}
