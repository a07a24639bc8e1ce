package api

import (
	"time"

	"github.com/ignisfox/ignisfox/core/group"
)

// Group is a group as the API names it.
type Group struct {
	ID          string     `json:"id" doc:"Its id."`
	Name        string     `json:"name" doc:"Its name, unique without regard to case."`
	Current     *int       `json:"current" doc:"Number of the current generation, null when there is none."`
	HasKey      bool       `json:"has_key" doc:"The current generation holds a private key."`
	HasPassword bool       `json:"has_password" doc:"A PFX password is set."`
	Generations int        `json:"generations" doc:"How many generations are kept."`
	Waiting     int        `json:"waiting" doc:"How many of them wait for their key."`
	Staged      int        `json:"staged" doc:"How many of them wait for somebody to activate them."`
	Targets     int        `json:"targets" doc:"How many targets are bound to it."`
	Artifacts   int        `json:"artifacts" doc:"How many artifacts are in it."`
	NotBefore   *time.Time `json:"not_before" doc:"From when the current certificate is valid, null when there is none."`
	NotAfter    *time.Time `json:"not_after" doc:"Until when."`
	CreatedAt   time.Time  `json:"created_at" doc:"When it was made."`
}

func groupOf(g group.Group) Group {
	return Group{
		ID: g.ID, Name: g.Name, Current: number(g.Current), HasKey: g.HasKey, HasPassword: g.PasswordVersion != 0,
		Generations: g.Generations, Waiting: g.Waiting, Staged: g.Staged, Targets: g.Targets, Artifacts: g.Artifacts,
		NotBefore: at(g.NotBefore), NotAfter: at(g.NotAfter), CreatedAt: g.CreatedAt.UTC(),
	}
}
