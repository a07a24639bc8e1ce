// Command deploy-ssh is the plugin that brings certificates onto Linux and Unix servers by SSH. docs/deploy-ssh.md is its manual.
//
// How it works, file by file:
//
//	schema.go, settings.go   what a target is asked for, and what is wrong with it
//	connect.go, hostkey.go,  one connection: pinned host key first, credentials after it, through a jump host when there is one
//	auth.go, keyfile.go
//	run.go                   one command on the device, its output bounded and its end never waited for in vain
//	files*.go                the few things done to files, by SFTP or, where there is none, by fixed commands
//	compare.go … clean.go    the steps: what differs, stage, swap, check, reload, restore, clean
//
// Nothing is kept between calls. What a step did is found on the device: names are made of the path and the deployment.
package main

import "github.com/ignisfox/ignisfox/sdk/deploy"

func declaration() deploy.Declaration {
	return deploy.Declaration{
		ID:       "deploy.ssh",
		Title:    "Linux or Unix by SSH",
		Summary:  "Writes certificate and key as files over SSH, then checks and reloads the service.",
		Icon:     "server",
		Version:  "1.0.0",
		Schema:   settingsSchema(),
		Steps:    []deploy.Step{deploy.Stage, deploy.Swap, deploy.Check, deploy.Reload, deploy.Restore, deploy.Clean},
		Validate: validate,
	}
}

func main() {
	deploy.Serve(declaration(), func() deploy.Target { return device{} })
}
