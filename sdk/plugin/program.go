package plugin

import (
	"fmt"
	"regexp"
	"strings"

	"google.golang.org/grpc"

	"github.com/ignisfox/ignisfox/sdk/schema"
)

// Kinds of plugins.
const (
	KindCA     = "ca"
	KindDNS    = "dns"
	KindDeploy = "deploy"
)

// Protocol is the version of the services in sdk/proto.
const Protocol = 1

// Info is what a plugin says of itself.
type Info struct {
	ID           string // "deploy.ssh": kind, dot, name
	Kind         string
	Title        string
	Summary      string
	Icon         string
	Version      string
	Schema       schema.Schema
	Capabilities []string // of a deploy plugin: "test", "plan" and the names of its steps
}

// Program is a plugin as it is served. deploy.Program, ca.Program and dns.Program make it of what an author writes.
type Program struct {
	Info Info
	// Validate says what the schema alone cannot see; nil for nothing. It connects to nothing.
	Validate func(Settings) schema.Problems
	// Register adds the service of the kind.
	Register func(grpc.ServiceRegistrar, *Calls)
}

var (
	idShape      = regexp.MustCompile(`^(ca|dns|deploy)\.[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	versionShape = regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+([-+][0-9A-Za-z.-]+)?$`)
	codeShape    = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)
)

// Check says what is wrong with what a plugin says of itself. The host refuses a plugin that does not pass.
func (i Info) Check() error {
	kind, name, _ := strings.Cut(i.ID, ".")
	switch {
	case !idShape.MatchString(i.ID) || len(name) > 40:
		return fmt.Errorf("the id %q is not a kind (ca, dns, deploy), a dot and a name of up to 40 lower-case letters, digits and hyphens", i.ID)
	case i.Kind != kind:
		return fmt.Errorf("%s: the kind is %q, and the id says %q", i.ID, i.Kind, kind)
	case !versionShape.MatchString(i.Version) || len(i.Version) > 60:
		return fmt.Errorf("%s: the version %q is not of the form 1.2.3", i.ID, i.Version)
	case i.Title == "" || len(i.Title) > 80 || strings.ContainsAny(i.Title, "\r\n"):
		return fmt.Errorf("%s: the title must be one line of 1 to 80 bytes", i.ID)
	case len(i.Summary) > 400 || len(i.Icon) > 40 || len(i.Capabilities) > 50:
		return fmt.Errorf("%s: summary, icon or capabilities are too long", i.ID)
	}
	if err := i.Schema.Check(); err != nil {
		return fmt.Errorf("%s: the schema: %w", i.ID, err)
	}
	return nil
}
