package api

import (
	"encoding/base64"
	"encoding/json"
	"net/netip"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ignisfox/ignisfox/core/fault"
)

// Paging is what every list takes.
type Paging struct {
	Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"200" doc:"How many items to answer at most."`
	Cursor string `query:"cursor" maxLength:"500" doc:"The next of the page before."`
}

// Page is one page of a list.
type Page[T any] struct {
	Items []T     `json:"items" doc:"The items of this page."`
	Next  *string `json:"next" doc:"Cursor of the next page, null at the end."`
}

// Answer is a body.
type Answer[T any] struct{ Body T }

func answer[T any](v T) *Answer[T] { return &Answer[T]{v} }

// None is the answer 204.
type None struct{}

func pageOf[F, T any](from []F, next string, one func(F) T) *Answer[Page[T]] {
	p := Page[T]{Items: make([]T, 0, len(from))}
	for _, f := range from {
		p.Items = append(p.Items, one(f))
	}
	if next != "" {
		p.Next = &next
	}
	return answer(p)
}

// pageOfAll answers one page of a list that a use case answers whole, since it is bounded and short. key answers the
// place of an item in it, greatest first: the next page goes on behind the last place, also when the item that was there
// is gone meanwhile.
func pageOfAll[F, T any](all []F, p Paging, key func(F) string, one func(F) T) (*Answer[Page[T]], error) {
	if p.Cursor != "" {
		after, err := base64.RawURLEncoding.DecodeString(p.Cursor)
		if err != nil {
			return nil, invalidField("cursor", "Give the next of the page before.")
		}
		i := slices.IndexFunc(all, func(f F) bool { return key(f) < string(after) })
		if i < 0 {
			i = len(all)
		}
		all = all[i:]
	}
	next := ""
	if len(all) > p.Limit {
		all = all[:p.Limit]
		next = base64.RawURLEncoding.EncodeToString([]byte(key(all[p.Limit-1])))
	}
	return pageOf(all, next, one), nil
}

// ByID is what routes to one thing take.
type ByID struct {
	ID string `path:"id" doc:"Its id."`
}

// Opt is a member of a merge patch: left out, null or a value.
type Opt[T any] struct {
	Set, Null bool
	Value     T
}

// UnmarshalJSON notes that the member is there.
func (o *Opt[T]) UnmarshalJSON(b []byte) error {
	o.Set = true
	if string(b) == "null" {
		o.Null = true
		return nil
	}
	return json.Unmarshal(b, &o.Value)
}

// Schema is that of T, and null besides.
func (o Opt[T]) Schema(r huma.Registry) *huma.Schema {
	s := *huma.SchemaFromType(r, typeOf[T]())
	s.Nullable = true
	return &s
}

// Ptr answers the new value of a fact that cannot be removed; nil when it stays.
func (o Opt[T]) Ptr(field string) (*T, error) {
	switch {
	case !o.Set:
		return nil, nil //nolint:nilnil // nil is an answer here: it stays
	case o.Null:
		return nil, fault.New(fault.Invalid, "invalid", "Some of what was sent is not usable. See fields.").
			Field(field, "This cannot be removed.")
	}
	return &o.Value, nil
}

// Removable answers the new value of a fact, its zero value when null removes it; nil when it stays.
func (o Opt[T]) Removable() *T {
	if !o.Set {
		return nil
	}
	return &o.Value
}

// at answers t in UTC, nil for never.
func at(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// some answers s, nil when it is empty.
func some(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// number answers n, nil for none.
func number(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}

func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// address answers a as text, nil when it is not known.
func address(a netip.Addr) *string {
	if !a.IsValid() {
		return nil
	}
	return some(a.String())
}
