package shots_test

import (
	"time"

	"github.com/ignisfox/ignisfox/core/app/deploy"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/plugin"
	"github.com/ignisfox/ignisfox/internal/testdevice"
	"github.com/ignisfox/ignisfox/ports"
	"github.com/ignisfox/ignisfox/sdk/schema"
)

// sshType is the plugin that the pictures show; behind it stands the device of the tests.
const sshType = "deploy.ssh"

type sshLike struct{ *testdevice.Device }

// sshSchema is the shape of that plugin's settings, shortened.
var sshSchema = schema.Schema{Fields: []schema.Field{
	{Name: "host", Title: "Host", Section: "Connection", Type: schema.Host, Required: true, Destination: true, Placeholder: "web1.example.com"},
	{Name: "port", Title: "Port", Section: "Connection", Type: schema.Port, Default: int64(22), Destination: true},
	{Name: "host_key", Title: "Host key", Section: "Connection", Type: schema.String, Destination: true, Pattern: ".*", Placeholder: "SHA256:…",
		Help: "Fingerprint of the server's key. Leave it blank to be shown the one the server has: nothing is sent before it is confirmed."},
	{Name: "username", Title: "User", Section: "Sign in", Type: schema.String, Required: true, Placeholder: "deploy"},
	{Name: "auth", Title: "Sign in with", Section: "Sign in", Type: schema.Enum, Default: "key", Options: []schema.Option{
		{Value: "key", Title: "Private key"}, {Value: "password", Title: "Password"}}},
	{Name: "password", Title: "Password", Section: "Sign in", Type: schema.String, Secret: true, Required: true, When: &schema.Condition{Field: "auth", In: []string{"password"}}},
	{Name: "private_key", Title: "Private key", Section: "Sign in", Type: schema.Text, Secret: true, Required: true, Placeholder: "-----BEGIN OPENSSH PRIVATE KEY-----",
		When: &schema.Condition{Field: "auth", In: []string{"key"}}},
	{Name: "fullchain_path", Title: "Full chain", Section: "Files", Type: schema.Path, Placeholder: "/etc/nginx/certs/www.crt"},
	{Name: "key_path", Title: "Private key", Section: "Files", Type: schema.Path, Placeholder: "/etc/nginx/certs/www.key"},
	{Name: "check_command", Title: "Check command", Section: "Service", Type: schema.Command, Placeholder: "sudo -n nginx -t",
		Help: "When it fails, the previous files are put back and nothing is reloaded."},
	{Name: "reload_command", Title: "Reload command", Section: "Service", Type: schema.Command, Placeholder: "sudo -n systemctl reload nginx"},
	{Name: "jump", Title: "Jump host", Section: "Jump host", Type: schema.Object, Help: "A server to connect through, for devices that cannot be reached directly.",
		Fields: []schema.Field{{Name: "host", Title: "Host", Type: schema.Host, Destination: true}}},
}}

// All implements ports.Plugins.
func (p sshLike) All() []plugin.Info {
	i := p.Device.All()[0]
	i.ID, i.Title, i.Summary, i.Icon, i.Version = sshType, "Linux or Unix by SSH", "We copy the files and run your reload command.", "server", "0.1.0"
	return []plugin.Info{i}
}

// Find implements ports.Plugins.
func (p sshLike) Find(id string) (plugin.Info, schema.Schema, error) {
	if id != sshType {
		return plugin.Info{}, schema.Schema{}, fault.New(fault.Invalid, "unknown_plugin", "There is no such plugin.")
	}
	return p.All()[0], sshSchema, nil
}

// Deployer implements ports.Plugins.
func (p sshLike) Deployer(string) (ports.Deployer, error) { return p.Device, nil }

func plugins(d *testdevice.Device) ports.Plugins { return sshLike{d} }

// serves makes a target that is deployed to, and has it serve what its group has now.
func (c *company) serves(name string) {
	_, err := c.Deploy.Create(c.ctx, c.owner, deploy.NewTarget{
		Name: name, Type: sshType, Group: "shop.aldermoor.example", Endpoints: []string{"shop.aldermoor.example"}, Schedule: "30 3 * * *", Tags: []string{"eu"},
		Settings: map[string]any{
			"host": name + ".aldermoor.example", "host_key": testdevice.HostKey, "username": "deploy", "auth": "key", "private_key": "a private key",
			"fullchain_path": "/etc/nginx/certs/shop.crt", "key_path": "/etc/nginx/certs/shop.key", "check_command": "sudo -n nginx -t",
			"reload_command": "sudo -n systemctl reload nginx",
		},
	})
	c.ok(err)
	c.WorkFor(c.t, 5*time.Second)
}
