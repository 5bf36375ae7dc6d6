package sabotage

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/rackproof/rackproof/framework/lab"
	"github.com/rackproof/rackproof/framework/router/bird"
	"github.com/rackproof/rackproof/framework/topology"
)

// programs are defects of the programs on hosts.
func programs() []Defect {
	return []Defect{
		{
			ID: "program-confd-frozen", Kind: Program, What: "confd on a node writes nothing",
			Red: []string{changesOfLastNode, "TOR-140"},
			Aim: confdFrozen,
		},
		{
			ID: "program-felix-frozen", Kind: Program, What: "Felix on the first node does nothing",
			Red: []string{"MESH-020|TOR-100", "VXL-015", "VXL-064"}, Green: []string{"sessions"},
			Aim: func(b *Bench) (Spoiling, error) { return b.frozen(b.Lab.Topology().Nodes()[0], felixComponent) },
		},
		{
			ID: "program-bird-waits", Kind: Program, What: "a node's BIRD has started while a peer's is away, and waits for the end of its graceful restart",
			Red: []string{"sessions"},
			Aim: birdWaits,
		},
		{
			ID: "program-confd-stopped", Kind: Program, What: "confd on a node is stopped",
			Red: []string{changesOfLastNode},
			Aim: func(b *Bench) (Spoiling, error) { return b.stopped(b.lastNode(), confdComponent) },
		},
		{
			ID: "program-felix-stopped", Kind: Program, What: "Felix on a node is stopped",
			Red: []string{"TOR-100"}, Green: []string{"sessions"},
			Aim: func(b *Bench) (Spoiling, error) { return b.stopped(b.lastNode(), felixComponent) },
		},
		{
			ID: "program-proxy-frozen", Kind: Program, What: "kube-proxy on the first node writes no rules",
			Red: []string{"SVC-073|LOC-044", "SVC-074", "LEAF-072"}, Green: []string{"sessions"},
			Aim: func(b *Bench) (Spoiling, error) { return b.frozen(b.Lab.Topology().Nodes()[0], proxyComponent) },
		},
		{
			ID: "program-bird-scans-not", Kind: Program, What: "BIRD on the first node does not look at the kernel's routes again",
			Red: []string{"MESH-017", "MESH-018"}, Green: []string{"sessions", "routes", "traffic"},
			Aim: scansNot,
		},
		{
			ID: "program-not-graceful", Kind: Program, What: "a node's BIRD does not offer graceful restart",
			Red: []string{"NODE-001", "NODE-003", "NODE-005", "NODE-006", "NODE-010", "NODE-011", "NRR-083"}, Green: []string{"sessions", "routes"},
			Aim: notGraceful,
		},
		{
			ID: "program-bgpd-stopped", Kind: Program, What: "the BGP daemon of a router that nodes peer with is stopped",
			Red: []string{"sessions", "routes"},
			Aim: routerProgram((*Bench).stopped),
		},
		{
			ID: "program-bgpd-frozen", Kind: Program, What: "the BGP daemon of a router that nodes peer with lives and does nothing",
			Red: []string{"sessions"},
			Aim: routerProgram((*Bench).frozen),
		},
		{
			ID: "program-bird-killed", Kind: Program, What: "a node's BIRD is killed, and says goodbye to nobody",
			Red: []string{"sessions"},
			Aim: birdKilled,
		},
		{
			ID: "program-reload-lost", Kind: Program, What: "a node's BIRD does not hear of a BGPPeer that is made",
			Red: []string{"sessions"},
			Aim: reloadLost,
		},
	}
}

// changesOfLastNode is a choice of one requirement of each suite that asks the last node's confd
// for a change.
const changesOfLastNode = "MESH-030|LEAF-040|NRR-044|RRR-052|TOR-080|SVC-030|LOC-023|VXL-060|NODE-030|CTL-002"

// confdFrozen stops the process of the last node's confd. Its undo starts confd again: one that
// goes on hears of everything at once that specs did meanwhile, and may announce a service that
// was deleted beside a change of the BGPConfiguration (docs/known-issues.md, "Without a spec").
func confdFrozen(b *Bench) (Spoiling, error) {
	controller, err := lab.ComponentControllerOf(b.Lab)
	if err != nil {
		return Spoiling{}, NoTarget("%v", err)
	}
	node := b.lastNode()
	spoiling, err := b.frozen(node, confdComponent)
	if err != nil {
		return Spoiling{}, err
	}
	spoiling.Undo = func(ctx context.Context) error {
		// SIGKILL also ends a process that SIGSTOP has stopped.
		if err := controller.KillComponent(ctx, node.Name, confdComponent); err != nil {
			return err
		}
		return controller.StartComponent(ctx, node.Name, confdComponent)
	}
	return spoiling, nil
}

// birdKilled kills the last node's BIRD. Its peers keep its routes for its restart time.
func birdKilled(b *Bench) (Spoiling, error) {
	spoiling, err := b.stopped(b.lastNode(), birdComponent)
	if err != nil {
		return Spoiling{}, err
	}
	controller, err := lab.ComponentControllerOf(b.Lab)
	if err != nil {
		return Spoiling{}, NoTarget("%v", err)
	}
	spoiling.Put = func(ctx context.Context) error {
		return controller.KillComponent(ctx, b.lastNode().Name, birdComponent)
	}
	return spoiling, nil
}

// reloadLost makes a BGPPeer of the last node, whose confd is frozen. The design has the peer,
// and BIRD knows nothing of it.
func reloadLost(b *Bench) (Spoiling, error) {
	confd, err := confdFrozen(b)
	if err != nil {
		return Spoiling{}, err
	}
	peer, err := sessionExtra(b)
	if err != nil {
		return Spoiling{}, err
	}
	peer.Design = nil
	peer.Present = b.noSession(b.lastNode().Name, b.extraNeighbour())
	return together(confd, peer), nil
}

// routerProgram aims at the BGP daemon of the last router that has a session with a node.
func routerProgram(spoil func(*Bench, topology.Host, string) (Spoiling, error)) func(*Bench) (Spoiling, error) {
	return func(b *Bench) (Spoiling, error) {
		router, _, err := b.peering()
		if err != nil {
			return Spoiling{}, err
		}
		host, _ := b.Lab.Topology().Host(router.Host)
		name := birdComponent
		if router.Software == topology.DefaultSoftware {
			name = bgpdComponent
		}
		return spoil(b, *host, name)
	}
}

// scansNot gives the kernel protocol of the first node's BIRD a time between scans that no spec
// waits for.
func scansNot(b *Bench) (Spoiling, error) {
	const never = "scan time 3600;"
	return b.edited(b.Lab.Topology().Nodes()[0], birdFile, "/^protocol kernel/,/^}/s/scan time 2;/"+never+"/", never), nil
}

// notGraceful takes graceful restart out of confd's template on the last node. A new
// calico-node has the template too.
func notGraceful(b *Bench) (Spoiling, error) {
	controller, err := lab.ComponentControllerOf(b.Lab)
	if err != nil {
		return Spoiling{}, NoTarget("%v", err)
	}
	node := b.lastNode()
	if err := b.hasComponent(node.Name, confdComponent); err != nil {
		return Spoiling{}, err
	}
	const template, off = "/etc/calico/confd/templates/bird.cfg.template", "graceful restart off;"
	edit := func(ctx context.Context, script string) error {
		if _, err := b.run(ctx, node.Name, "sh", "-ec", script, "edit", template); err != nil {
			return err
		}
		return errors.Join(controller.KillComponent(ctx, node.Name, confdComponent), controller.StartComponent(ctx, node.Name, confdComponent))
	}
	return Spoiling{
		Target: "BIRD on " + node.Name,
		Put: func(ctx context.Context) error {
			return edit(ctx, `sed -i '/^template bgp/,/^}/s/^  graceful restart;/  `+off+`/' "$1"`)
		},
		Undo: func(ctx context.Context) error { return edit(ctx, `sed -i 's/`+off+`/graceful restart;/' "$1"`) },
		Present: both(func(ctx context.Context) error {
			text, err := b.run(ctx, node.Name, "cat", configurationFolder+birdFile)
			if err == nil && !strings.Contains(string(text), off) {
				err = fmt.Errorf("BIRD on %s restarts gracefully", node.Name)
			}
			return err
		}, b.sessionsAgree()),
	}, nil
}

// birdWaits stops BIRD on the first node and starts that of the last one again. Where the two
// have no session, BIRD does not wait.
func birdWaits(b *Bench) (Spoiling, error) {
	first, last := b.Lab.Topology().Nodes()[0], b.lastNode()
	controller, err := lab.ComponentControllerOf(b.Lab)
	if err != nil {
		return Spoiling{}, NoTarget("%v", err)
	}
	away, err := b.stopped(first, birdComponent)
	if err != nil {
		return Spoiling{}, err
	}
	started, err := b.stopped(last, birdComponent)
	if err != nil {
		return Spoiling{}, err
	}
	if !b.meshed() {
		return Spoiling{}, NoTarget("nodes have no sessions with all nodes")
	}
	restart := func(ctx context.Context) error {
		return errors.Join(controller.KillComponent(ctx, last.Name, birdComponent), controller.StartComponent(ctx, last.Name, birdComponent))
	}
	return Spoiling{
		Target: last.Name,
		Put:    func(ctx context.Context) error { return errors.Join(away.Put(ctx), restart(ctx)) },
		Undo:   func(ctx context.Context) error { return errors.Join(away.Undo(ctx), started.Undo(ctx)) },
		Present: func(ctx context.Context) error {
			return b.withBIRD(ctx, last.Name, func(client *bird.Client) error {
				status, err := client.Status(ctx)
				if err == nil && status.Recovery == "" {
					err = fmt.Errorf("BIRD on %s does not wait", last.Name)
				}
				return err
			})
		},
	}, nil
}
