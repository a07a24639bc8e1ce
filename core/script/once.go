package script

import "strings"

// Once answers one line for bash that asks for the push token and fetches the bundle into bundle.pem of the working directory:
// to see from a device whether it gets there. The token is typed into bash and goes to curl through a pipe, so that it is in no
// command line, no history and no file. Fault Invalid, bad_base_url.
func Once(baseURL string) (string, error) {
	base := strings.TrimRight(baseURL, "/")
	if !webAddress(base) {
		return "", refuse("bad_base_url", "base_url", "Give the http or https address of the server, without query or fragment.")
	}
	return `(umask 077; read -rsp 'Push token: ' t; printf 'header = "Authorization: Bearer %s"\n' "$t" | ` +
		`curl --config - --fail --silent --show-error --output bundle.pem ` + bashQuote(base+"/api/push/fetch?kind=bundle") + `)`, nil
}
