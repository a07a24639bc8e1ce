package ingest

import (
	"regexp"
	"strings"

	"github.com/ignisfox/ignisfox/core/fault"
)

// Snippet is text that a pipeline uses as it stands. No token is in it: the shell ones have curl read the Authorization
// header from a file of mode 0600, the workflow gets it from the secret IGNISFOX_TOKEN. It never is in a command line.
type Snippet struct {
	ID       string // "token", "curl", "curl-files", "certbot", "acme-sh" or "github-actions"
	Title    string
	Language string // "sh" or "yaml"
	Text     string
}

// HeaderFile is where the shell snippets have the token; the snippet "token" makes it.
const HeaderFile = "/etc/ignisfox/ingest.header"

const (
	endpointMark = "{{endpoint}}"
	curlStart    = "curl --fail --silent --show-error --retry 5 --retry-connrefused"
)

var snippets = []Snippet{
	{"token", "Keep the token", "sh", `sudo bash -c '
    set -eu
    umask 077
    mkdir -p /etc/ignisfox
    rm -f ` + HeaderFile + `
    read -rsp "Ingest token: " token
    printf "Authorization: Bearer %s\n" "$token" > ` + HeaderFile + `'
`},
	{"curl", "One PEM file", "sh", `# bundle.pem: certificate, chain and private key, one behind the other
` + curlStart + ` \
    -H @` + HeaderFile + ` -H 'Content-Type: application/x-pem-file' \
    --data-binary @bundle.pem ` + endpointMark + `
`},
	{"curl-files", "Separate files", "sh", curlStart + ` \
    -H @` + HeaderFile + ` \
    -F cert=@cert.pem -F chain=@chain.pem -F key=@privkey.pem ` + endpointMark + `
`},
	{"certbot", "certbot deploy hook", "sh", `#!/bin/sh
# /etc/letsencrypt/renewal-hooks/deploy/ignisfox, mode 0755
set -eu
` + curlStart + ` \
    -H @` + HeaderFile + ` \
    -F cert=@"$RENEWED_LINEAGE/fullchain.pem" -F key=@"$RENEWED_LINEAGE/privkey.pem" \
    ` + endpointMark + `
`},
	{"acme-sh", "acme.sh reload command", "sh", `acme.sh --install-cert -d www.example.com --reloadcmd '
    ` + curlStart + ` \
        -H @` + HeaderFile + ` \
        -F cert=@"$CERT_FULLCHAIN_PATH" -F key=@"$CERT_KEY_PATH" \
        ` + endpointMark + `'
`},
	{"github-actions", "GitHub Actions step", "yaml", `- name: Send the certificate to Ignisfox
  shell: bash
  env:
    IGNISFOX_TOKEN: ${{ secrets.IGNISFOX_TOKEN }}
  run: |
    umask 077
    trap 'rm -f "$RUNNER_TEMP/ingest.header"' EXIT
    printf 'Authorization: Bearer %s\n' "$IGNISFOX_TOKEN" > "$RUNNER_TEMP/ingest.header"
    ` + curlStart + ` \
        -H @"$RUNNER_TEMP/ingest.header" \
        -F cert=@fullchain.pem -F key=@privkey.pem \
        ` + endpointMark + `
`},
}

// plainAddress is what stands in every shell and in YAML as it is, inside of double quotes and single ones too.
var plainAddress = regexp.MustCompile(`^https?://[A-Za-z0-9._:\[\]-]+(/[A-Za-z0-9._~/-]*)?$`)

// Endpoint answers the address that pipelines send to.
func Endpoint(baseURL string) string { return strings.TrimRight(baseURL, "/") + "/api/ingest" }

// Snippets answers the snippets for a server at baseURL. Fault Invalid, bad_base_url, for an address that holds anything
// but letters, digits and what belongs into one.
func Snippets(baseURL string) ([]Snippet, error) {
	address := Endpoint(baseURL)
	if !plainAddress.MatchString(address) {
		return nil, fault.New(fault.Invalid, "bad_base_url", "No commands can be made for the address of this server.")
	}
	if strings.ContainsAny(address, "[~") { // an IPv6 address is a pattern to the shell
		address = `"` + address + `"`
	}
	out := make([]Snippet, len(snippets))
	for i, s := range snippets {
		s.Text = strings.ReplaceAll(s.Text, endpointMark, address)
		out[i] = s
	}
	return out, nil
}
