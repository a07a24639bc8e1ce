package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// UploadResult is what became of an upload, file by file, in the order of the request.
type UploadResult struct {
	Results []FileResult `json:"results" doc:"One for each file."`
}

// FileResult is what became of one file.
type FileResult struct {
	File       string          `json:"file" doc:"Its name, made visible."`
	Status     string          `json:"status" enum:"stored,duplicate,unknown,refused" doc:"What became of it."`
	Code       string          `json:"code" doc:"Stable name of the reason, empty for plain stored."`
	Message    string          `json:"message" doc:"The reason in plain words."`
	Artifacts  []Artifact      `json:"artifacts" doc:"The rows it became, or was already."`
	Group      Maybe[GroupRef] `json:"group" doc:"The group they are in, or null."`
	Generation *int            `json:"generation" doc:"Number of the generation it made or completed, or null."`
}

func fileResultOf(r intake.FileResult) FileResult {
	out := FileResult{
		File: r.File, Status: string(r.Status), Code: r.Code, Message: r.Message, Artifacts: artifactsOf(r.Artifacts),
		Generation: number(r.Generation),
	}
	if r.Group != nil {
		out.Group = groupRef(r.Group.ID, r.Group.Name)
	}
	return out
}

// upload: POST /uploads.
func (a *API) upload() {
	type out struct {
		Status int
		Body   UploadResult
	}
	register(a, tenant.ArtifactCreate, Op{
		Method: http.MethodPost, Path: "/uploads", Summary: "Upload 1 to 20 files; one that is refused does not spoil the others",
		Tag: "uploads", Status: http.StatusCreated, Upload: true, Body: uploadSchema(),
	}, func(ctx context.Context, who Who, _ *struct{}) (*out, error) {
		req, err := readUpload(requestOf(ctx))
		if err != nil {
			return nil, err
		}
		defer wipeFiles(req)
		done, err := a.Vault.Upload(ctx, who, req)
		if err != nil {
			return nil, err
		}
		o := &out{Status: http.StatusUnprocessableEntity}
		if done.Accepted() {
			o.Status = http.StatusCreated
		}
		o.Body.Results = make([]FileResult, 0, len(done.Files))
		for _, f := range done.Files {
			o.Body.Results = append(o.Body.Results, fileResultOf(f))
		}
		return o, nil
	})
}

func uploadSchema() *huma.RequestBody {
	text := func(doc string) *huma.Schema { return &huma.Schema{Type: huma.TypeString, Description: doc} }
	one, most := 1, intake.MaxFiles
	return &huma.RequestBody{
		Required: true,
		Content: map[string]*huma.MediaType{"multipart/form-data": {Schema: &huma.Schema{
			Type: huma.TypeObject, Required: []string{"file"},
			Properties: map[string]*huma.Schema{
				"file": {
					Type: huma.TypeArray, MinItems: &one, MaxItems: &most, Description: "The files, at most 256 KB each.",
					Items: &huma.Schema{Type: huma.TypeString, Format: "binary"},
				},
				"group":    text("Group by id or name; a new name makes one."),
				"name":     text("Friendly name; given again, it is the next file's."),
				"password": text("Password of a PFX or an encrypted key, used once and not kept; given again, it is the next file's, and a single one is for all files."),
			},
		}}},
	}
}
