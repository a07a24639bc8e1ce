package sdktest

import (
	"testing"
	"time"
)

func TestAGoodPluginPasses(t *testing.T) {
	Deploy(t, InProcess(boxProgram("")), newBox)
}

// Each bug must be found, by the check that is for it.
func TestEachBugIsFound(t *testing.T) {
	before := patience
	patience = 300 * time.Millisecond
	t.Cleanup(func() { patience = before })
	for bug, finder := range map[string]string{
		"refuses what is good":                "it describes itself and takes good settings",
		"changes something in a test":         "test and plan change nothing",
		"never plans that nothing is to do":   "a deployment brings the certificate",
		"swaps nothing":                       "a deployment brings the certificate",
		"deploys again what is there":         "a second deployment of the same finds nothing to do",
		"remembers in swap alone":             "each step can be repeated",
		"restores nothing":                    "restore puts back what was there",
		"restores what was not swapped":       "restore without a swap changes nothing",
		"keeps the address of another call":   "deployments to several devices are kept apart",
		"does not know wrong credentials":     "wrong credentials are named by their field",
		"answers a test without looking":      "wrong credentials are named by their field",
		"goes around the network it is given": "it connects nowhere that the rule does not allow",
		"crashes from nonsense":               "nonsense does not end it",
		"crashes from a foreign state":        "a foreign state does not end it",
		"ignores its context":                 "a call ends with its context",
		"goes on when its time is over":       inTimeName,
		"tells a secret in its state":         "logs",
		"reads what the schema lacks":         "logs",
	} {
		t.Run(bug, func(t *testing.T) {
			r := InProcess(boxProgram(bug))(quiet{t})
			d, err := newDeploySuite(t.Context(), r, newBox)
			if err != nil {
				t.Fatal(err)
			}
			mustFind(t, r, d.suite, d.checks(), finder)
		})
	}
}

// mustFind runs the check that is to find a bug, or all of them before a look at the logs.
func mustFind(t *testing.T, r *Running, s *suite, checks []check, finder string) {
	t.Helper()
	var found error
	known := finder == "logs"
	for _, c := range checks {
		if c.name == finder || finder == "logs" {
			known, found = true, s.run(t, c)
		}
	}
	r.Stop(quiet{t})
	if finder == "logs" {
		found = s.judgeLogs(r.Logs())
	}
	if !known || found == nil {
		t.Errorf("the check %q finds nothing wrong", finder)
	}
}

// quiet is a test that a plugin under test may fail.
type quiet struct{ *testing.T }

func (quiet) Errorf(string, ...any) {}
