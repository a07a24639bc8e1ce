// Package api is the REST API under /api/v1, and its description in OpenAPI 3.1.
//
// One file is one action: what it takes, the one use case it calls, what it answers. A route comes into being only
// through register, which demands the tenant.Action that it stands for; before a body is read, the guard has found out
// who asks, counted the request and asked the policy.
//
//	a := api.New(api.Deps{…})
//	mux.Handle("/api/v1/", a)
package api

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/ignisfox/ignisfox/adapters/http/limit"
	"github.com/ignisfox/ignisfox/adapters/http/plainjson"
	"github.com/ignisfox/ignisfox/adapters/http/problem"
	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/app/deploy"
	"github.com/ignisfox/ignisfox/core/app/idempotency"
	"github.com/ignisfox/ignisfox/core/app/ingest"
	"github.com/ignisfox/ignisfox/core/app/overview"
	"github.com/ignisfox/ignisfox/core/app/push"
	"github.com/ignisfox/ignisfox/core/app/vault"
)

// Base is where all routes are.
const Base = "/api/v1"

const (
	// addressFactor is how many times the rate of one token all tokens behind one address may use together. It is
	// counted before a token is looked up.
	addressFactor = 5
	maxUploads    = 16 // upload bodies held in memory at a time
	uploadWait    = 10 * time.Second
)

// Deps of New.
type Deps struct {
	Vault    *vault.Service
	Push     *push.Service
	Deploy   *deploy.Service
	Ingest   *ingest.Service
	Account  *account.Service
	Overview *overview.Service
	Once     *idempotency.Service
	Rate     limit.Rate     // per token; the zero Rate allows everything
	Trusted  []netip.Prefix // proxies whose X-Forwarded-For counts
	BaseURL  string         // where people reach the server, for the links of invites
	Now      func() time.Time
	Log      *slog.Logger
	Version  string
}

// API serves the routes. It is safe for concurrent use.
type API struct {
	Deps
	huma      huma.API
	routes    *routes
	perToken  *limit.Keyed[string]
	perClient *limit.Keyed[netip.Addr]
	uploads   chan struct{}
	document  []byte
}

// New registers every route.
func New(d Deps) *API {
	problem.Install()
	wide := d.Rate
	wide.N, wide.Burst = wide.N*addressFactor, wide.Burst*addressFactor
	a := &API{
		Deps: d, perToken: limit.New[string](d.Rate, limit.DefaultKeys),
		perClient: limit.New[netip.Addr](wide, limit.DefaultKeys), uploads: make(chan struct{}, maxUploads),
	}
	a.routes = &routes{api: a, mux: http.NewServeMux(), known: map[string]Route{}}
	a.huma = humago.New(a.routes, describe(d.Version))
	a.registerVault()
	a.registerTargets()
	a.registerAccount()
	a.document, _ = plainjson.Marshal(a.huma.OpenAPI()) // the document test reads it
	return a
}

func (a *API) registerVault() {
	a.upload()
	a.listArtifacts()
	a.getArtifact()
	a.changeArtifact()
	a.deleteArtifact()
	a.downloadArtifact()
	a.exportCSV()
	a.parseArtifact()
	a.bulkArtifacts()
	a.zipArtifacts()
	a.listGroups()
	a.createGroup()
	a.getGroup()
	a.changeGroup()
	a.deleteGroup()
	a.listGenerations()
	a.activateGeneration()
	a.buildPFX()
}

func (a *API) registerTargets() {
	a.listPlugins()
	a.listTargets()
	a.createTarget()
	a.getTarget()
	a.changeTarget()
	a.deleteTarget()
	a.rotateTarget()
	a.targetScript()
	a.deployTarget()
	a.planTarget()
	a.testTarget()
	a.testSettings()
	a.pauseTarget()
	a.resumeTarget()
	a.listDeployments()
	a.getDeployment()
	a.listIngestTokens()
	a.createIngestToken()
	a.deleteIngestToken()
}

func (a *API) registerAccount() {
	a.listAPITokens()
	a.createAPIToken()
	a.deleteAPIToken()
	a.listMembers()
	a.changeMember()
	a.removeMember()
	a.listInvites()
	a.createInvite()
	a.deleteInvite()
	a.getTenant()
	a.changeTenant()
	a.deleteTenant()
	a.getProfile()
	a.changeProfile()
	a.getPreferences()
	a.changePreferences()
	a.getOverview()
	a.listAudit()
	a.openAPI()
}

// Routes answers every route, in the order of registration: for the test that holds each against the policy.
func (a *API) Routes() []Route { return a.routes.list }

// ServeHTTP answers in JSON whatever happens, also where there is no route.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if path.Clean(r.URL.Path) != r.URL.Path { // the mux would redirect, and a client would send its token again
		problem.NoSuchPath().Render(w, r)
		return
	}
	h, pattern := a.routes.mux.Handler(r)
	if pattern != "" {
		a.routes.mux.ServeHTTP(w, r)
		return
	}
	probe := httptest.NewRecorder() // what the mux says of its own: 404, or 405 with Allow
	h.ServeHTTP(probe, r)
	if allow := probe.Header().Get("Allow"); probe.Code == http.StatusMethodNotAllowed {
		problem.WrongMethod(allow).Render(w, r)
		return
	}
	problem.NoSuchPath().Render(w, r)
}

// describe is the frame of the API description and the formats that bodies may have.
func describe(version string) huma.Config {
	cfg := huma.DefaultConfig("Ignisfox", version)
	cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath = "", "", "" // served by a route of ours
	cfg.CreateHooks = nil                                       // no $schema member in bodies
	cfg.RejectUnknownQueryParameters = true
	cfg.Formats = map[string]huma.Format{
		"application/json": {Marshal: plainjson.Write, Unmarshal: unmarshal},
		"json":             {Marshal: plainjson.Write, Unmarshal: unmarshal},
	}
	cfg.Info.Description = "Certificates in, live on the device. Lists answer {items, next}: give next as cursor until it " +
		"is null. PATCH is JSON merge patch (RFC 7396). Writes accept Idempotency-Key."
	cfg.Servers = []*huma.Server{{URL: "/"}}
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		scheme: {Type: "http", Scheme: "bearer", BearerFormat: "api_…", Description: "An API token of a person in one workspace."},
	}
	return cfg
}

const scheme = "token"

// openAPI: GET /openapi.json.
func (a *API) openAPI() {
	register(a, openToAll, Op{
		Method: http.MethodGet, Path: "/openapi.json", Summary: "This description", Tag: "meta", File: "application/openapi+json",
	}, func(context.Context, Who, *struct{}) (*huma.StreamResponse, error) {
		return &huma.StreamResponse{Body: func(ctx huma.Context) {
			ctx.SetHeader("Content-Type", "application/openapi+json")
			_, _ = ctx.BodyWriter().Write(a.document)
		}}, nil
	})
}

// Document answers the API description as JSON.
func (a *API) Document() []byte { return a.document }
