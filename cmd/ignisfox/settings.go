package main

import (
	"log/slog"
	"net/netip"

	"github.com/ignisfox/ignisfox/adapters/http/limit"
	"github.com/ignisfox/ignisfox/core/secret"
)

// envPrefix begins the environment name of every setting.
const envPrefix = "IGNISFOX_"

// fileSuffix names the form of a secret setting that holds the path of a file with the value.
const fileSuffix = "_FILE"

// config is what all settings come to, checked. Defaults that hang on other settings are filled in by settled.complete;
// that of BaseURL, which hangs on the port, by openListeners.
type config struct {
	Listen         string
	BaseURL        string // without a slash at its end
	TLSCert        string
	TLSKey         string
	DataDir        string
	DatabaseURL    secret.String
	KEK            string
	TrustedProxies []netip.Prefix
	PullRate       limit.Rate
	PullTargetRate limit.Rate
	APIRate        limit.Rate
	SignUp         bool
	PluginDir      string   // empty: plugins/ beside the executable
	PluginsOff     []string // ids
	EgressAllow    []netip.Prefix
	MetricsListen  string
	LogLevel       slog.Level
}

// setting is one row of the one table that flags, environment, configuration file and docs/configuration.md come from.
type setting struct {
	name    string // without the prefix: LISTEN
	kind    string // what the value looks like, for people
	def     string // used when nothing is given; for those with shown set it may be empty
	shown   string // how the default is described when it hangs on other settings
	example string
	help    string
	secret  bool // never listed; also takes the _FILE form
	later   bool // reserved by the contract, without effect in this version
	// set checks the text and stores it. Its error says what a good value looks like and never repeats the text.
	set func(c *config, text string) error
}

func (s setting) env() string { return envPrefix + s.name }

// settings is the table, in the order people look for them.
var settings = []setting{
	{
		name: "LISTEN", kind: "address", def: "127.0.0.1:8080", example: "0.0.0.0:8443",
		help: "Where the server listens, as host:port. An address other than loopback needs TLS here or a proxy named " +
			"in `IGNISFOX_TRUSTED_PROXIES`.",
		set: func(c *config, s string) error { return setAddress(&c.Listen, s) },
	},
	{
		name: "BASE_URL", kind: "URL", shown: "`http://localhost:PORT`, `https://localhost:PORT` with TLS",
		example: "https://certs.example.com",
		help: "How users and devices reach the server; goes into scripts and links. Scheme, host and port only. It is " +
			"never taken from a request. Signing in to the dashboard needs `https`, or a loopback name such as `localhost`.",
		set: func(c *config, s string) error { return setBaseURL(&c.BaseURL, s) },
	},
	{
		name: "TLS_CERT", kind: "path", shown: "none: plain HTTP", example: "/etc/ignisfox/tls/fullchain.pem",
		help: "PEM file with the server's own certificate and its chain. It is read again within a minute of a change.",
		set:  func(c *config, s string) error { return setText(&c.TLSCert, s) },
	},
	{
		name: "TLS_KEY", kind: "path", shown: "none", example: "/etc/ignisfox/tls/privkey.pem",
		help: "PEM file with the key of `IGNISFOX_TLS_CERT`. Both are given or neither.",
		set:  func(c *config, s string) error { return setText(&c.TLSKey, s) },
	},
	{
		name: "DATA_DIR", kind: "path", def: "./data", example: "/var/lib/ignisfox",
		help: "Directory of the SQLite database, the KEK file and the setup link. It is made with mode 0700 when absent and refused " +
			"when others may write to it.",
		set: func(c *config, s string) error { return setText(&c.DataDir, s) },
	},
	{
		name: "DATABASE_URL", kind: "URL", shown: "SQLite in the data directory", secret: true,
		example: "postgres://ignisfox@db.example.com/ignisfox?sslmode=verify-full",
		help:    "`sqlite:PATH` or `postgres://…`. It counts as a secret, since it may hold a password.",
		set:     setDatabaseURL,
	},
	{
		name: "KEK", kind: "source", shown: "`file:kek` in the data directory", example: "file:/etc/ignisfox/kek",
		help: "Where the key-encryption key lies: `file:PATH`, or `env:NAME` for a variable that holds it.",
		set:  func(c *config, s string) error { return setKEK(&c.KEK, s) },
	},
	{
		name: "TRUSTED_PROXIES", kind: "CIDR list", shown: "none", example: "127.0.0.1/32,10.0.0.0/8",
		help: "Networks whose forwarding headers are believed about the client's address, separated by commas.",
		set:  func(c *config, s string) error { return setPrefixes(&c.TrustedProxies, s) },
	},
	{
		name: "PULL_RATE", kind: "rate", def: "120/min", example: "600/min",
		help: "Requests a client address may make over `/api/push` and `/api/ingest` together. A rate is " +
			"`N/s`, `N/min` or `N/h`, with `,burst=B` when the burst is not N.",
		set: func(c *config, s string) error { return setRate(&c.PullRate, s) },
	},
	{
		name: "PULL_TARGET_RATE", kind: "rate", def: "60/h,burst=20", example: "120/h,burst=40",
		help: "Fetches one target may make, whatever its addresses.",
		set:  func(c *config, s string) error { return setRate(&c.PullTargetRate, s) },
	},
	{
		name: "API_RATE", kind: "rate", def: "1200/min", example: "300/min,burst=50",
		help: "Requests one API token may make over `/api/v1`.",
		set:  func(c *config, s string) error { return setRate(&c.APIRate, s) },
	},
	{
		name: "SIGNUP", kind: "word", def: "closed", example: "open",
		help: "`open` lets anybody who reaches the server make an account, with a workspace of their own; `closed` leaves it to " +
			"owners to invite people.",
		set: func(c *config, s string) error { return setSignUp(&c.SignUp, s) },
	},
	{
		name: "PLUGIN_DIR", kind: "path", shown: "`plugins` beside the executable", example: "/usr/lib/ignisfox/plugins",
		help: "Directory of the plugins and their `manifest.json`. Both, its files and all directories above belong to root or to the " +
			"server's user, and nobody else may write there: the server does not start otherwise. Without it there are no plugins.",
		set: func(c *config, s string) error { return setText(&c.PluginDir, s) },
	},
	{
		name: "PLUGINS_DISABLED", kind: "id list", shown: "none", example: "deploy.ssh",
		help: "Plugins that are not started, by their ids, separated by commas. Targets of theirs wait.",
		set:  func(c *config, s string) error { return setIDs(&c.PluginsOff, s) },
	},
	{
		name: "EGRESS_ALLOW", kind: "CIDR list", shown: "none: public addresses alone", example: "10.20.0.0/16,192.0.2.7",
		help: "Private networks that deployments may reach, and looks at what devices serve. Everything that a user, a DNS answer or " +
			"a certificate names is held against this; loopback, link-local and metadata addresses are private too.",
		set: func(c *config, s string) error { return setNetworks(&c.EgressAllow, s) },
	},
	{
		name: "METRICS_LISTEN", kind: "address", shown: "none: no metrics", example: "127.0.0.1:9090",
		help: "Where Prometheus metrics are served, apart from everything else and without sign-in. Keep it private.",
		set:  func(c *config, s string) error { return setAddress(&c.MetricsListen, s) },
	},
	{
		name: "LOG_LEVEL", kind: "level", def: "info", example: "debug",
		help: "`debug`, `info`, `warn` or `error`. Log lines are JSON on standard error.",
		set:  func(c *config, s string) error { return setLevel(&c.LogLevel, s) },
	},
	reserved("DNS_RESOLVERS", "address list"),
	reserved("ACME_CA_BUNDLE", "path"),
	{name: "SMTP_URL", kind: "URL", later: true, secret: true},
	reserved("MAIL_FROM", "address"),
}

func reserved(name, kind string) setting { return setting{name: name, kind: kind, later: true} }

// lookupSetting answers the setting of that environment name, and whether the name was its _FILE form.
func lookupSetting(env string) (s setting, file, ok bool) {
	for _, s := range settings {
		if env == s.env() {
			return s, false, true
		}
		if s.secret && env == s.env()+fileSuffix {
			return s, true, true
		}
	}
	return setting{}, false, false
}
