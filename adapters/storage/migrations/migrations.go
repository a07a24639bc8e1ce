// Package migrations holds the schema of both engines as steps that only go forward.
//
// The folders have the same file names; a step that only one engine needs is an empty one in the other. A step that was
// released is never changed.
package migrations

import (
	"embed"
	"io/fs"
)

//go:embed sqlite/*.sql postgres/*.sql
var files embed.FS

// FS answers the steps of "sqlite" or "postgres".
func FS(engine string) fs.FS {
	sub, err := fs.Sub(files, engine)
	if err != nil {
		panic(err) // the folders are compiled in
	}
	return sub
}
