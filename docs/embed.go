// Package docs is the manual, so that the program can show it to its users.
package docs

import "embed"

// Pages holds every page of the manual as Markdown: vault.md is shown at /docs/vault.
//
//go:embed *.md
var Pages embed.FS
