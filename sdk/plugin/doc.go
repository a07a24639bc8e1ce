// Package plugin is what plugins of every kind share: the settings and secrets of a call, the log that leaves no secret out, errors
// that a person can act on, the way out to the network, and the server that speaks the protocol with the host.
//
// Authors rarely need more than its types; the packages beside it, sdk/deploy, sdk/ca and sdk/dns, hold what one kind of plugin
// implements, and their Serve makes a program of it. docs/plugins.md leads through it.
package plugin
