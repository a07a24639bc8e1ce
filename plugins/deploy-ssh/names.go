package main

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"regexp"
	"strings"
)

// Files of a deployment beside the one they are for. The names begin with a dot, so that services that read a whole folder (HAProxy
// its certificates) leave them alone, and end with the deployment, so that a repeated step finds its own.
const (
	newMark      = ".ignisfox-new-"
	previousMark = ".ignisfox-previous-"
)

var plainID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// tag makes part of a file name of a deployment's id.
func tag(deployment string) string {
	if plainID.MatchString(deployment) {
		return deployment
	}
	sum := sha256.Sum256([]byte(deployment))
	return hex.EncodeToString(sum[:16])
}

func newName(p, deployment string) string      { return beside(p, newMark, deployment) }
func previousName(p, deployment string) string { return beside(p, previousMark, deployment) }

func beside(p, mark, deployment string) string {
	return path.Join(path.Dir(p), "."+path.Base(p)+mark+tag(deployment))
}

// markOf says whether a name in the folder of p is one of ours for p, and of which deployment.
func markOf(p, name, mark string) (deployment string, ok bool) {
	deployment, ok = strings.CutPrefix(name, "."+path.Base(p)+mark)
	return deployment, ok && plainID.MatchString(deployment)
}
