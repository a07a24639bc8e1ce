package api

import (
	"context"
	"net/http"

	"github.com/ignisfox/ignisfox/core/app/push"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/script"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// targetScript: GET /targets/{id}/script.
func (a *API) targetScript() {
	type in struct {
		ByID
		OS       string `query:"os" required:"true" enum:"linux-cron,linux-systemd,windows" doc:"What it runs on."`
		Dest     string `query:"dest" maxLength:"200" doc:"Directory on the device."`
		Reload   string `query:"reload" maxLength:"500" doc:"Command to run when the files changed."`
		Schedule string `query:"schedule" maxLength:"40" doc:"How often it fetches: hourly or daily."`
	}
	register(a, tenant.TargetRead, Op{
		Method: http.MethodGet, Path: "/targets/{id}/script", Summary: "Get the pull script of a target, with a placeholder for the token",
		Tag: "targets", File: "text/plain",
	}, func(ctx context.Context, who Who, in *in) (*File, error) {
		name, typ, body, err := a.Push.Script(ctx, who, in.ID, in.OS, push.ScriptOptions{
			Dest: in.Dest, Reload: in.Reload, Schedule: script.Schedule(in.Schedule),
		})
		if err != nil {
			return nil, err
		}
		return saved(vault.Download{Filename: name, ContentType: typ, Body: secret.NewBytes(body)}), nil
	})
}
