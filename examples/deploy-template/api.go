package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/ignisfox/ignisfox/sdk/deploy"
	"github.com/ignisfox/ignisfox/sdk/egress"
	"github.com/ignisfox/ignisfox/sdk/plugin"
)

// api calls the appliance.
type api struct {
	call   deploy.Call
	base   string
	client *http.Client
}

// service is what the appliance says of its service.
type service struct {
	Certificate string // what it is told to use
	Running     string // what it has loaded
	Fingerprint string // of what it has loaded
}

// open prepares the calls; nothing connects yet. The client connects only where the operator allows, follows no redirects and
// bounds time and size.
func open(c deploy.Call) *api {
	var options egress.HTTPOptions
	if pem := c.Settings.String("ca_certificate"); pem != "" {
		options.RootCAs = x509.NewCertPool()
		options.RootCAs.AppendCertsFromPEM([]byte(pem))
	}
	return &api{call: c, base: strings.TrimRight(c.Settings.String("address"), "/"), client: c.Net.HTTPClient(options)}
}

func (a *api) product(ctx context.Context) (string, error) {
	var out struct{ Product, Version string }
	err := a.do(ctx, http.MethodGet, "/v1/status", nil, &out)
	return out.Product + " " + out.Version, err
}

func (a *api) certificates(ctx context.Context) ([]string, error) {
	var out struct{ Certificates []string }
	err := a.do(ctx, http.MethodGet, "/v1/certificates", nil, &out)
	return out.Certificates, err
}

func (a *api) upload(ctx context.Context, name string, m deploy.Material) error {
	return a.do(ctx, http.MethodPut, "/v1/certificates/"+url.PathEscape(name),
		map[string]string{"certificate": string(m.Fullchain), "key": string(m.Key)}, nil)
}

func (a *api) remove(ctx context.Context, name string) error {
	return a.do(ctx, http.MethodDelete, "/v1/certificates/"+url.PathEscape(name), nil, nil)
}

func (a *api) service(ctx context.Context) (service, error) {
	var out service
	err := a.do(ctx, http.MethodGet, "/v1/service", nil, &out)
	return out, err
}

func (a *api) use(ctx context.Context, name string) error {
	return a.do(ctx, http.MethodPut, "/v1/service", map[string]string{"certificate": name}, nil)
}

func (a *api) reload(ctx context.Context) error {
	return a.do(ctx, http.MethodPost, "/v1/service/reload", nil, nil)
}

// do makes one request. What the device answers may go into errors and the log as it is: secrets are taken out of both.
func (a *api) do(ctx context.Context, method, path string, in, out any) error {
	var body bytes.Buffer
	if in != nil {
		if err := json.NewEncoder(&body).Encode(in); err != nil {
			return fmt.Errorf("%s %s: %w", method, path, err)
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, a.base+path, &body)
	if err != nil {
		return plugin.Problemf("address_unusable", "address", "The address of the appliance cannot be used.")
	}
	req.SetBasicAuth(a.call.Settings.String("user"), string(a.call.Settings.Secret("password")))
	req.Header.Set("Content-Type", "application/json")
	resp, err := a.client.Do(req)
	if err != nil {
		return unreachable(err)
	}
	defer resp.Body.Close()
	a.call.Log.Linef("%s %s: %s", method, path, resp.Status)
	answer, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return unreachable(err)
	case resp.StatusCode == http.StatusUnauthorized, resp.StatusCode == http.StatusForbidden:
		return plugin.WrongCredentials("password", "The appliance refuses user and password: %s", answer)
	case resp.StatusCode/100 != 2:
		return fmt.Errorf("%s %s: the appliance answers %s: %s", method, path, resp.Status, answer)
	case out == nil:
		return nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("%s %s: the appliance answers no JSON", method, path)
	}
	return nil
}

// unreachable names what a person can do about an error of the connection. An address that is not allowed is left as it is: the SDK
// has the words for it.
func unreachable(err error) error {
	var refused *egress.Refused
	var untrusted x509.UnknownAuthorityError
	var otherName x509.HostnameError
	switch {
	case errors.As(err, &refused), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.As(err, &untrusted):
		p := plugin.Problemf("certificate_not_trusted", "ca_certificate", "The certificate of the appliance is signed by nobody known: give its CA.")
		p.Final = true
		return p
	case errors.As(err, &otherName):
		p := plugin.Problemf("certificate_of_another", "address", "The certificate of the appliance is for another name: %v", err)
		p.Final = true
		return p
	}
	return plugin.Problemf(plugin.CodeUnreachable, "address", "The appliance does not answer: %v", err)
}
