package push

import (
	"context"

	"github.com/ignisfox/ignisfox/core/script"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// ScriptOptions are what the script of a target is to do; the zero value has the defaults of core/script.
type ScriptOptions struct {
	Token    secret.String // empty: a placeholder
	Dest     string
	Reload   string
	Schedule script.Schedule
}

// Script answers the target's pull script: file name, content type, bytes. system is linux-cron, linux-systemd or
// windows. The bytes hold the token when one is given. Faults: NotFound, and those of script.Render.
func (s *Service) Script(ctx context.Context, actor tenant.Actor, targetID, system string, o ScriptOptions) (name, contentType string, body []byte, err error) {
	t, err := s.Get(ctx, actor, targetID)
	if err != nil {
		return "", "", nil, err
	}
	name, contentType, text, err := script.Render(script.OS(system), script.Pull{
		BaseURL: s.BaseURL, Target: t.Name, Group: t.GroupName, Token: o.Token,
		Dest: o.Dest, Reload: o.Reload, Schedule: o.Schedule,
	})
	return name, contentType, text.Reveal(), err
}
