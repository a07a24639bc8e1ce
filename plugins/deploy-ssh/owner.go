package main

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/ignisfox/ignisfox/sdk/deploy"
	"github.com/ignisfox/ignisfox/sdk/plugin"
)

var account = regexp.MustCompile(`^(?:` + accountPattern + `)$`)

// owners answers the ids of owner and group, -1 for what is to stay as it comes out. SFTP knows numbers alone, so names are looked
// up on the device by two fixed commands.
func owners(ctx context.Context, c *connection, s deploy.Settings) (uid, gid int64, err error) {
	if uid, err = lookUp(ctx, c, s, "owner", "there is no user %q on the server", `id -u %[1]s`); err != nil {
		return 0, 0, err
	}
	gid, err = lookUp(ctx, c, s, "group_owner", "there is no group %q on the server", `getent group %[1]s || grep %[2]s /etc/group`)
	return uid, gid, err
}

func lookUp(ctx context.Context, c *connection, s deploy.Settings, field, missing, command string) (int64, error) {
	name := s.String(field)
	if name == "" {
		return -1, nil
	}
	if id, err := strconv.ParseInt(name, 10, 32); err == nil {
		return id, nil
	}
	unknown := &plugin.Problem{Code: "unknown_account", Field: field, Message: fmt.Sprintf(missing, name), Final: true}
	if !account.MatchString(name) {
		return 0, unknown
	}
	out := &bounded{limit: 64 << 10}
	words := []any{quoted(name), quoted("^" + regexp.QuoteMeta(name) + ":")}[:strings.Count(command, "%[")]
	how, err := c.run(ctx, fmt.Sprintf(command, words...), nil, out, &output{})
	if err != nil {
		return 0, err
	}
	text := strings.TrimSpace(out.String())
	if parts := strings.Split(text, ":"); len(parts) >= 3 { // name:x:id:members
		text = parts[2]
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || !how.ok() {
		return 0, unknown
	}
	return id, nil
}
