package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/ignisfox/ignisfox/internal/sshtest"
	"github.com/ignisfox/ignisfox/internal/testcert"
)

// sshFleet starts as many machines as the largest batch has targets, each with an sshd and an nginx of its own. A machine that is in
// several batches serves each under a name of its own.
func sshFleet(t *bed, sizes []int) *fleet {
	f := newFleet(ssh, "sshd and nginx, by deploy-ssh", sizes)
	f.notes = []string{
		"every target is an sshd and an nginx of its own, over loopback; check is nginx -t, reload nginx -s reload",
		"these devices run on the processors that are measured: five SSH connections and two runs of nginx for each target",
	}
	for i := range sizes[len(sizes)-1] {
		host := sshtest.Start(t, sshtest.Options{})
		nginx := host.Service("nginx")
		var config strings.Builder
		for _, b := range f.batches {
			if i >= b.size {
				continue
			}
			first := testcert.SelfSigned(b.name)
			dir := filepath.Base(nginx.Dir)
			crt := host.Write(filepath.Join(dir, b.name+".crt"), first.CertPEM, 0o644)
			key := host.Write(filepath.Join(dir, b.name+".key"), first.KeyPEM, 0o600)
			fmt.Fprintf(&config, "server { listen %s ssl; server_name %s; ssl_certificate %s; ssl_certificate_key %s; return 204; }\n",
				nginx.Addr(), b.name, crt, key)
			b.receivers = append(b.receivers, receiver{
				plain: map[string]any{
					"host": host.Hostname, "port": host.Port, "username": host.User, "auth": "key", "host_key": host.HostKey,
					"fullchain_path": crt, "key_path": key, "check_command": nginx.Check, "reload_command": nginx.Reload,
				},
				secrets: map[string]string{"private_key": string(host.ClientKey)}, endpoint: nginx.Addr(), name: b.name,
			})
		}
		nginx.Start(config.String())
	}
	return f
}
