package ports

import (
	"context"
	"time"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/target"
)

// Artifacts are the vault rows. Get, Update and Delete of an id that is not there are fault NotFound.
type Artifacts interface {
	// Insert stores a row with its sealed payload and its search terms. A second certificate with the same fingerprint
	// or a second key with the same SPKI is fault Conflict, code duplicate.
	Insert(ctx context.Context, a artifact.Artifact, sealed []byte) error
	Get(ctx context.Context, id artifact.ID) (artifact.Artifact, error)
	// Payload answers the sealed bytes.
	Payload(ctx context.Context, id artifact.ID) ([]byte, error)
	// Rename and Move change one row; group "" ungroups. Both keep the search terms right.
	Rename(ctx context.Context, id artifact.ID, name string) error
	Move(ctx context.Context, id artifact.ID, group string) error
	// Delete of a row that a kept generation uses is fault Conflict, code in_use: the generation is changed or deleted first.
	Delete(ctx context.Context, id artifact.ID) error
	// List answers a page. Texts are sorted without regard to case, equal rows by id; what never expires comes after what does.
	// A cursor that is none, or one of another sort, is fault Invalid, code bad_cursor.
	List(ctx context.Context, q artifact.Query) (artifact.Page, error)
	// Same answers up to 20 rows of that kind and identity, oldest first.
	Same(ctx context.Context, kind cert.Kind, identity string) ([]artifact.Artifact, error)
	// BySPKI answers the rows of that kind with the public key, oldest first, at most 50.
	BySPKI(ctx context.Context, kind cert.Kind, spki string) ([]artifact.Artifact, error)
	// Issuers answers CA certificates whose subject hash is given: those with that subject key id first, and among
	// equals those that expire last first, at most 50.
	Issuers(ctx context.Context, subjectHash, keyID string) ([]artifact.Artifact, error)
}

// Groups of a tenant. Names are unique without regard to case (fault Conflict, code name_taken, field name).
type Groups interface {
	Insert(ctx context.Context, g group.Group) error
	Get(ctx context.Context, id string) (group.Group, error)      // fault NotFound
	ByName(ctx context.Context, name string) (group.Group, error) // fault NotFound
	// Lock takes the group's row until the transaction ends, so that generations are numbered and the pointer is moved
	// by one writer at a time; fault NotFound.
	Lock(ctx context.Context, id string) (group.Group, error)
	Rename(ctx context.Context, id, name string) error
	// NextNumber raises the group's generation counter and answers it: 1, 2, 3 …; a number is never given twice, also
	// after generations were deleted.
	NextNumber(ctx context.Context, id string) (int, error)
	// SetKeyed notes for good that the group has had a generation with a key.
	SetKeyed(ctx context.Context, id string) error
	// Point moves the pointer to a generation; 0 points nowhere.
	Point(ctx context.Context, id string, number int) error
	// Delete ungroups the rows and deletes generations, forms and passwords. A group with targets is fault Conflict,
	// code group_has_targets; one that ingest tokens are bound to likewise, code group_has_ingest_tokens, since a token that
	// may write into one group alone must not become one that may write anywhere.
	Delete(ctx context.Context, id string) error
	List(ctx context.Context, q group.Query) (group.Page, error)

	// AddPassword stores a version (the greatest plus one is the caller's to choose) with the fingerprint that FindPassword
	// finds it by; a version or a fingerprint that the group has is fault Conflict, code version_taken. SetPassword says
	// which version is used, 0 for none.
	AddPassword(ctx context.Context, p group.Password, fingerprint []byte) error
	SetPassword(ctx context.Context, id string, version int) error
	Password(ctx context.Context, id string, version int) (group.Password, error)            // fault NotFound
	FindPassword(ctx context.Context, id string, fingerprint []byte) (group.Password, error) // fault NotFound
	// Passwords answers the newest versions first, at most limit.
	Passwords(ctx context.Context, id string, limit int) ([]group.Password, error)
}

// Generations of groups.
type Generations interface {
	Insert(ctx context.Context, g group.Generation) error
	Get(ctx context.Context, groupID string, number int) (group.Generation, error) // fault NotFound
	// Update stores key, chain, missing issuer, blocks and activation time; the rest never changes.
	Update(ctx context.Context, g group.Generation) error
	// List answers the group's generations, greatest number first, at most 500.
	List(ctx context.Context, groupID string) ([]group.Generation, error)
	// WaitingFor answers generations without a key whose leaf has that public key: in one group, or in all when
	// groupID is empty; at most 200, oldest first.
	WaitingFor(ctx context.Context, spki, groupID string) ([]group.Generation, error)
	// MissingIssuer answers current generations whose chain lacks the issuer of that subject hash, at most 500.
	MissingIssuer(ctx context.Context, subjectHash string) ([]group.Generation, error)
	// Using answers the kept generations whose leaf, key or chain is the artifact, at most 200.
	Using(ctx context.Context, id artifact.ID) ([]group.Generation, error)
	// Uses answers which kept generations rest on any of these artifacts and as what, at most limit: by the group's name,
	// each generation once for every part that one of them is.
	Uses(ctx context.Context, ids []artifact.ID, limit int) ([]group.Use, error)
	// Delete takes a generation and its forms away. The one that the group points at is fault Conflict, code
	// generation_is_current: Groups.Point goes elsewhere first.
	Delete(ctx context.Context, groupID string, number int) error
	// OnTargets answers the numbers of the group's generations that some target was last seen with, is being deployed to, or would
	// be rolled back to.
	OnTargets(ctx context.Context, groupID string) ([]int, error)
}

// Forms are what devices get, sealed, made once.
type Forms interface {
	// Put stores f unless its Key is there, and answers the one that is there afterwards.
	Put(ctx context.Context, f group.Form) (group.Form, error)
	Get(ctx context.Context, id string) (group.Form, error)          // fault NotFound
	Find(ctx context.Context, key group.FormKey) (group.Form, error) // fault NotFound
	// DropKeyed deletes the forms of a generation that hold its key, when the generation lost it.
	DropKeyed(ctx context.Context, generation string) error
}

// Targets of a tenant; names need not be unique.
type Targets interface {
	// Insert stores a target, with Deploy where it has one: its plain settings, endpoints, SNI, schedule and pause.
	Insert(ctx context.Context, t target.Target) error
	Get(ctx context.Context, id string) (target.Target, error) // fault NotFound; with tokens and last fetch, or with Deploy
	// Update stores name, group, settings and tags, and what Insert stores of Deploy, unless that is nil. What was found out about
	// a target that comes to another group is forgotten: its generations are others.
	Update(ctx context.Context, t target.Target) error
	Delete(ctx context.Context, id string) error                   // its tokens are dead with the commit
	List(ctx context.Context, q target.Query) (target.Page, error) // another sort is fault Invalid, bad_sort
}

// PushTokens of targets.
type PushTokens interface {
	Insert(ctx context.Context, t target.Token) error
	// List answers the living and the expired tokens of a target, newest first, at most 50.
	List(ctx context.Context, targetID string) ([]target.Token, error)
	// Expire sets the end of a token; a time that has come kills it.
	Expire(ctx context.Context, id string, at time.Time) error
	Delete(ctx context.Context, id string) error
}
