package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/id"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	rowsInTx    = 2_000
	rowsInGroup = 10
	rareRows    = 5 // of any size hold rareWord
	rareWord    = "quokka"
	sparseWord  = "legacy" // one row of a hundred holds it
	fleetName   = "edge-fleet"
)

var (
	services  = []string{"www", "www", "www", "api", "api", "mail", "vpn", "shop", "auth", "cdn", "git", "intranet", "db", "files", "status"}
	domains   = []string{"example.com", "example.net", "example.org"}
	issuers   = []string{"Let's Encrypt R11", "Let's Encrypt E6", "DigiCert TLS RSA SHA256 2020 CA1", "Sectigo RSA Domain Validation Secure Server CA", "Example Corp Issuing CA 3"}
	syllables = strings.Fields("ba ce di fo gu ha je ki lo mu na pe ri so tu va we xi yo zu bra cle dri flo gru ka le mi no pu")
)

// seeder makes rows as a vault that has run for years holds them: seven of ten are certificates in groups, the others keys,
// bundles, PFX files, issuers and files nobody could read. The same size always gives the same names.
type seeder struct {
	store  ports.Store
	sealer ports.Sealer
	tenant tenant.ID
	size   int
	rng    *rand.Rand
	start  time.Time
	groups map[int]group.Group // by number; 0 is the fleet
}

// fill stores size artifacts and answers the id of the largest group, which holds one row of ten.
func fill(ctx context.Context, s *stack, t tenant.ID, size int) (fleet string, err error) {
	f := &seeder{
		store: s.store, sealer: s.sealer, tenant: t, size: size, rng: rand.New(rand.NewPCG(1, uint64(size))),
		start: time.Now().Add(-time.Duration(size) * time.Minute).UTC().Truncate(time.Microsecond), groups: map[int]group.Group{},
	}
	for from := 0; from < size; from += rowsInTx {
		rows, sealed, fresh, err := f.batch(ctx, from, min(from+rowsInTx, size))
		if err != nil {
			return "", err
		}
		err = f.store.Tenant(t).Update(ctx, func(tx ports.Tx) error {
			for _, g := range fresh {
				if err := tx.Groups().Insert(ctx, g); err != nil {
					return err
				}
			}
			for i, a := range rows {
				if err := tx.Artifacts().Insert(ctx, a, sealed[i]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return "", err
		}
	}
	return f.groups[0].ID, nil
}

// batch makes the rows from, from+1, … to-1 and the groups that they are the first of.
func (f *seeder) batch(ctx context.Context, from, to int) (rows []artifact.Artifact, sealed [][]byte, fresh []group.Group, err error) {
	if from == 0 {
		fresh = append(fresh, f.newGroup(0, fleetName, f.start))
	}
	for i := from; i < to; i++ {
		at := f.start.Add(time.Duration(i) * time.Minute)
		host := f.host(i)
		number := 1 + i/rowsInGroup
		if _, ok := f.groups[number]; !ok {
			fresh = append(fresh, f.newGroup(number, fmt.Sprintf("%s %d", host, number), at))
		}
		a, payload := f.row(i, host, at)
		blob, err := f.sealer.Seal(ctx, ports.Place{
			Tenant: f.tenant, Table: artifact.Table, Column: artifact.PayloadColumn, Row: string(a.ID),
		}, secret.NewBytes(payload))
		if err != nil {
			return nil, nil, nil, err
		}
		rows, sealed = append(rows, a), append(sealed, blob)
	}
	return rows, sealed, fresh, nil
}

func (f *seeder) newGroup(number int, name string, at time.Time) group.Group {
	g := group.Group{ID: id.New("grp", at), Name: name, CreatedAt: at}
	f.groups[number] = g
	return g
}

// host makes up a name; some rows, spread evenly, hold the rare or the sparse word.
func (f *seeder) host(i int) string {
	org := ""
	for range 3 {
		org += syllables[f.rng.IntN(len(syllables))]
	}
	if every := max(1, f.size/rareRows); i%every == every/2 {
		org = rareWord + "-" + org
	}
	if i%100 == 41 || f.size < 100 && i == 0 {
		org = sparseWord + "-" + org
	}
	return services[f.rng.IntN(len(services))] + "." + org + "." + domains[f.rng.IntN(len(domains))]
}

func (f *seeder) row(i int, host string, at time.Time) (artifact.Artifact, []byte) {
	digest := func(what string) string {
		sum := sha256.Sum256(fmt.Append(nil, what, i))
		return hex.EncodeToString(sum[:])
	}
	a := artifact.Artifact{
		ID: artifact.ID(id.New("art", at)), Kind: cert.KindCert, Name: fmt.Sprintf("%s %d", host, at.Year()),
		Filename: strings.ReplaceAll(host, ".", "_") + ".pem", Identity: digest("identity"), Source: artifact.SourceUpload,
		CreatedAt: at, CreatedBy: "owner@example.com", KeyType: "ECDSA", KeyBits: 256,
	}
	home := f.groups[1+i/rowsInGroup]
	if i%rowsInGroup == 7 {
		home = f.groups[0]
	}
	switch i % 20 {
	case 3, 10, 17: // a key
		a.Kind, a.HoldsKey, a.SPKI, a.Filename = cert.KindKey, true, digest("key"), strings.Replace(a.Filename, ".pem", ".key", 1)
	case 5: // what somebody uploaded, as it came
		a.Kind, a.HoldsKey = cert.KindBundle, true
	case 9:
		a.Kind, a.HoldsKey, a.Filename, home = cert.KindPFX, true, strings.Replace(a.Filename, ".pem", ".pfx", 1), group.Group{}
	case 15:
		a.Kind, a.Reason, home = cert.KindUnknown, "This is no certificate, key or bundle that we know how to read.", group.Group{}
	default:
		f.leaf(&a, host, at, digest)
	}
	a.Group, a.GroupName = home.ID, home.Name
	payload := f.payload()
	a.Size = len(payload)
	return a, payload
}

func (f *seeder) leaf(a *artifact.Artifact, host string, at time.Time, digest func(string) string) {
	a.Subject, a.SANs = host, []string{host}
	_, parent, _ := strings.Cut(host, ".")
	for n := f.rng.IntN(4); n > 0; n-- {
		a.SANs = append(a.SANs, services[f.rng.IntN(len(services))]+fmt.Sprint(n)+"."+parent)
	}
	a.Issuer, a.Serial = issuers[f.rng.IntN(len(issuers))], digest("serial")[:32]
	a.NotBefore, a.NotAfter = at, at.AddDate(0, 0, 60+f.rng.IntN(340))
	a.Fingerprint, a.SPKI = digest("fingerprint"), digest("leaf")
	a.SubjectHash, a.IssuerHash = digest("subject"), digest("issuer")
}

// payload is as large as a certificate is in PEM.
func (f *seeder) payload() []byte {
	der := make([]byte, 600+f.rng.IntN(500))
	for i := range der {
		der[i] = byte(f.rng.Uint32())
	}
	return []byte("-----BEGIN CERTIFICATE-----\n" + base64.StdEncoding.EncodeToString(der) + "\n-----END CERTIFICATE-----\n")
}
