package api

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ignisfox/ignisfox/adapters/http/plainjson"
)

func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }

// GroupRef names a group in an answer.
type GroupRef struct {
	ID   string `json:"id" doc:"Id of the group."`
	Name string `json:"name" doc:"Its name."`
}

// Maybe is an object in an answer that may be null.
type Maybe[T any] struct{ v *T }

func maybe[T any](v *T) Maybe[T] { return Maybe[T]{v} }

// MarshalJSON writes the object, or null.
func (m Maybe[T]) MarshalJSON() ([]byte, error) { return plainjson.Marshal(m.v) }

// Schema is that of T, and null besides.
func (Maybe[T]) Schema(r huma.Registry) *huma.Schema {
	s := *huma.SchemaFromType(r, typeOf[T]())
	s.Nullable = true
	return &s
}

func groupRef(id, name string) Maybe[GroupRef] {
	if id == "" {
		return Maybe[GroupRef]{}
	}
	return maybe(&GroupRef{ID: id, Name: name})
}
