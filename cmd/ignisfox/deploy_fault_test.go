package main

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/ignisfox/ignisfox/internal/pgtest"
	"github.com/ignisfox/ignisfox/internal/sshtest"
)

const (
	faultRunsName = "IGNISFOX_DEPLOY_FAULTS"
	faultSeedName = "IGNISFOX_DEPLOY_SEED"
	faultName     = "IGNISFOX_DEPLOY_FAULT"
)

// mishap is one thing that goes wrong while a new certificate is brought to a device.
type mishap struct {
	name string
	in   string // whose it is: it decides which servers suffer it, and who suffers along
	do   func(*faultRun)
}

// deck is dealt again and again: every twentieth run is of the same fault, with other choices.
var deck = []mishap{
	{"the connection breaks once", "device", cutOnce},
	{"the check command fails", "device", checkFails},
	{"the server is killed in a step", "server", killServerInStep},
	{"the plugin is killed in a step", "server", killPlugin},
	{"a server of two is killed in a step", "pair", killOneOfTwo},
	{"the reload changes nothing", "device", reloadLies},
	{"the connection breaks and stays away", "device", cutForGood},
	{"the disk is full", "device", diskFull},
	{"the plugin hangs", "plugin", hangPlugin},
	{"the rename is refused", "device", renameRefused},
	{"the server is killed at some moment", "server", killServerSometime},
	{"the reload exits with 1", "device", reloadFails},
	{"the host key is another", "device", otherHostKey},
	{"a server of two stands still in a step and comes back", "pair", stopOneOfTwo},
	{"the folder is read-only", "device", folderReadOnly},
	{"the server is stopped in a step", "server", stopServerInStep},
	{"the server is killed in a step", "server", killServerInStep},
	{"the plugin is killed in a step", "server", killPlugin},
	{"the device stands still", "device", deviceHangs},
	{"the connection breaks once", "device", cutOnce},
}

// TestDeployFaults brings new certificates to devices while something goes wrong: a TLS client that looks all the time sees a whole
// pair, the old one or the new one; what the API says of the end is what is on the device and what is served; nothing is left behind;
// and as soon as nothing is wrong any more, the device gets and serves what it should, by itself.
//
// IGNISFOX_DEPLOY_FAULTS says how many runs; IGNISFOX_DEPLOY_SEED repeats the choices of an earlier one; IGNISFOX_DEPLOY_FAULT leaves
// only the faults with these words in their names.
func TestDeployFaults(t *testing.T) {
	t.Parallel()
	runs, err := strconv.Atoi(cmp.Or(os.Getenv(faultRunsName), "20"))
	if err != nil || runs < 1 {
		t.Fatalf("%s is a number from 1 on", faultRunsName)
	}
	seed := faultSeed(t)
	t.Logf("seed %d: %s=%d repeats the choices", seed, faultSeedName, seed)
	if _, err := builtPlugins(); err != nil {
		t.Fatal(err)
	}
	count := &faultCount{points: map[string]int{}}
	var all sync.WaitGroup // most of what they do is wait: they run side by side, however few processors there are
	for _, group := range []struct {
		name  string
		lanes int
		sites func(*testing.T) []*deploySite
	}{
		{"device", 3, oneSite}, {"plugin", 1, oneSite}, {"server", 1, oneSite}, {"pair", 1, twoSites},
	} {
		work := make(chan int, runs)
		for i := range runs {
			if f := deck[i%len(deck)]; f.in == group.name && strings.Contains(f.name, os.Getenv(faultName)) {
				work <- i
			}
		}
		close(work)
		all.Go(func() {
			t.Run(group.name, func(t *testing.T) {
				sites := group.sites(t)
				var lanes sync.WaitGroup
				defer lanes.Wait()
				for n := range group.lanes {
					lanes.Go(func() {
						t.Run(strconv.Itoa(n), func(t *testing.T) {
							l := newFaultLane(t, fmt.Sprintf("%s%d.example.com", group.name, n), sshtest.Options{NoSFTP: n == 1}, sites)
							for i := range work {
								l.suffer(i, deck[i%len(deck)], rand.New(rand.NewPCG(seed, uint64(i))), count)
							}
							l.end(count)
						})
					})
				}
			})
		})
	}
	all.Wait()
	count.tell(t)
}

func faultSeed(t *testing.T) uint64 {
	t.Helper()
	if given := os.Getenv(faultSeedName); given != "" {
		seed, err := strconv.ParseUint(given, 10, 64)
		if err != nil {
			t.Fatalf("%s: %v", faultSeedName, err)
		}
		return seed
	}
	return rand.Uint64()
}

func oneSite(t *testing.T) []*deploySite { return []*deploySite{newDeploySite(t, "")} }

// twoSites are two servers on one database, with a data directory each.
func twoSites(t *testing.T) []*deploySite {
	first := newDeploySite(t, pgtest.URL(t))
	second := &deploySite{site: first.another(), api: first.api}
	second.serve()
	return []*deploySite{first, second}
}

// faultCount is what all runs together came to.
type faultCount struct {
	mu     sync.Mutex
	runs   int
	looks  int
	points map[string]int // where the deployment stood when something struck
}

func (c *faultCount) struck(point string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.points[point]++
}

func (c *faultCount) tell(t *testing.T) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var points []string
	for p, n := range c.points {
		points = append(points, fmt.Sprintf("%s: %d", p, n))
	}
	slices.Sort(points)
	t.Logf("%d runs; %d TLS connections, all of them to a whole pair; struck at: %s", c.runs, c.looks, strings.Join(points, ", "))
}
