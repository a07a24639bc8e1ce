package sqlstore

import (
	"strconv"
	"strings"
)

// clauses gathers a statement whose shape depends on the question. Only fixed text and $n go into it; values are
// parameters.
type clauses struct {
	text strings.Builder
	args []any
}

// add appends fixed text.
func (c *clauses) add(parts ...string) {
	for _, p := range parts {
		c.text.WriteString(p)
	}
}

// arg adds a parameter and answers its name.
func (c *clauses) arg(v any) string {
	c.args = append(c.args, v)
	return "$" + strconv.Itoa(len(c.args))
}

func (c *clauses) String() string { return c.text.String() }
