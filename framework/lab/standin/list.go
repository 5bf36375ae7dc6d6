package standin

// Shared are the stand-ins of all labs.
func Shared() []StandIn {
	return []StandIn{
		{
			Name: "stock-bird", Only: StockBIRD,
			What: "the distribution's BIRD 1.6.8 on nodes", Real: "Calico's fork of BIRD 1.6.8 (projectcalico/bird, read at 1e2ff99d)",
			Differs: "The fork adds krt_tunnel, keeps a SIGHUP that comes during a reload, and corrects a kernel route with the right gateway over the wrong interface. " +
				"It forgets interfaces that are gone and the addresses of those that are down; these are back with its next scan, within 2 s of the link. It takes 240.0.0.0/4 for ordinary addresses.",
			Affects: []string{All},
		},
		{
			Name: Template, Only: StockBIRD,
			What: "bird_ipam.cfg.template whose kernel filter does without krt_tunnel", Real: "Calico's template",
			Differs: "BIRD programs no route of IPIP pools; Calico's programs them too, beside Felix. A mode in which they are BIRD's alone is refused, and promises about the kernel filter are unable. " +
				"Without encapsulation only the attribute is gone. The export filter is Calico's own. `rackproof components bird` fetches Calico's BIRD, with which no template changes.",
			Affects: []string{"IPIP", "CRS", "MSW"}, ComparedBy: []string{"framework/router/bird/template_test.go"},
		},
		{
			Name: "bird-reload", Only: BIRDNodes,
			What: "`sv hup bird` passes on to `configure` on BIRD's control socket; /var/run/calico/bird-reload.json records the answer",
			Real: "runit sends SIGHUP, and nobody reads what becomes of it",
			Differs: "A refused file shows, in the record and in BIRD's log. Requests that come during a reload become one more on netns; on kind runit serves each. " +
				"Stock BIRD loses a SIGHUP that comes while it reconfigures; Calico's does not. On kind a reload of a BIRD that is frozen for longer than 30 s is recorded as failed until the next one.",
			Affects: []string{All}, ComparedBy: []string{"framework/router/bird/lostreload_test.go", "framework/router/bird/reloader_test.go"},
		},
		{
			Name: "stays-down",
			What: "a program that a spec kills stays down until the spec starts it", Real: "runit starts it again within a second",
			Differs: "Outages last as long as the spec wants. On netns any other end of a program breaks the lab, but for exits by which it asks to be started again; on kind runit starts it.",
			Affects: []string{"NRR", "RRR", "TOR"},
		},
		{
			Name: "no-calico-probes",
			What: "no readiness or liveness probe of calico-node", Real: "the kubelet asks -felix-ready, -bird-ready, -felix-live and -bird-live",
			Differs: "A restart of a calico-node that hangs cannot be seen. Specs of roll-outs ask all but -bird-live themselves, which asks runit.",
			Affects: []string{"NODE"},
		},
		{
			Name: "no-kube-controllers",
			What: "nothing", Real: "Calico's kube-controllers",
			Differs: "No address or block of a node that is gone is given back, and no pool gives LoadBalancer IPs.",
		},
		{
			Name: "no-typha",
			What: "Felix and confd watch the API server", Real: "Typha between them, as Calico's operator installs it",
			Differs: "Typha batches updates, so that nodes hear of a change later and of several at once. Measured outages are without it.",
			Affects: []string{"MSW"},
		},
		{
			Name: "no-dns",
			What: "nothing", Real: "CoreDNS",
			Differs: "No name of a service resolves. Probes use addresses.",
		},
		{
			Name: "etcd-no-fsync",
			What: "etcd with --unsafe-no-fsync", Real: "etcd answers once the disk has the data",
			Differs: "Writes are answered sooner, in the same order.",
			Affects: []string{"LOC", "SVC", "MSW"},
		},
		{
			Name: "dated-definitions",
			What: "Calico's definitions get a date one minute in the past", Real: "the API server lets the first resources of a new kind wait for 2 s",
			Differs: "Only the bring-up is shorter.",
		},
		{
			Name: "kube-proxy-sync",
			What: "kube-proxy with a minimum of 100 ms between two syncs", Real: "1 s by default",
			Differs: "Rules follow a change within 100 ms. A real node may answer for a service up to 1 s later than it announces it.",
			Affects: []string{"LOC", "SVC"},
		},
		{
			Name:    "loadbalancer-status",
			What:    "the spec writes LoadBalancer IPs into the service's status once it has an EndpointSlice, and then touches the service",
			Real:    "a cloud's controller, at any time, without a touch",
			Differs: "confd announces services and slices from two routines, and may announce what the one has read before the other. The touch repairs that; a real cluster may stay without the address.",
			Affects: []string{"LOC", "NRR", "SVC"},
		},
		{
			Name: "direct-resources",
			What: "specs write Calico's resources into the datastore", Real: "calicoctl, or Calico's API server, checks them first",
			Differs:    "Only the definitions' schemas are checked. The files of a mode are checked when they are loaded.",
			ComparedBy: []string{"suites/calicoctl/files_test.go"},
		},
		{
			Name: "felix-refresh", Only: Tunnels,
			What: "Felix looks for lost routes every 10 s", Real: "every 90 s by default",
			Differs: "A route that the kernel has dropped with its device is back within 10 s.",
			Affects: []string{"CRS", "IPIP", "MSW", "VXL"},
		},
		{
			Name: "kernel-settings",
			What: "all hosts: no rp_filter, no redirects, flows spread by addresses and ports with a hash of each host's own, no next hop over a link that is down", Real: "each system's own settings",
			Differs: "A node of a distribution with a strict rp_filter drops what an asymmetric fabric sends it, and spreads by addresses alone. Kernels before 6.11 have no seed: there hosts of a role hash alike, and before 5.14 all hosts do.",
			Affects: []string{"LEAF", "LOC", "RRR", "SVC", "TOR"},
		},
		{
			Name: "virtual-links",
			What: "pairs of virtual interfaces, and Linux bridges for a rack's switch", Real: "cables and switches",
			Differs: "No delay, loss, flapping or spanning tree.",
			Affects: []string{"LEAF", "LOC", "RRR", "TOR"},
		},
		{
			Name: "link-cut",
			What: "both ends of a link are set down, and default routes are put back afterwards", Real: "a cable without a carrier",
			Differs: "Packets leave the link alone in both. The kernel drops the routes of a link that is set down; those of one without a carrier it keeps, marked, and they come back by themselves. No link fails in one direction only.",
			Affects: []string{"LEAF", "RRR", "TOR"}, ComparedBy: []string{"framework/lab/link/carrier_test.go"},
		},
		{
			Name: "frr-timers", Only: FRR,
			What: "FRR with keepalive 1 s, hold 3 s, connect 1 s, no delay of updates, restart-time 1 s", Real: "60, 180 and 120 s by default, 3, 9 and 10 s in its data-centre profile; 120 s for a restart",
			Differs: "A dead neighbour is noticed within 3 s, and outages are measured so. FRR 8.4 always offers long-lived graceful restarts, so that BIRD would keep a dead leaf's routes for 120 s.",
			Affects: []string{"LEAF", "NRR", "RRR", "TOR", "MSW"},
		},
		{
			Name: "frr-nexthop-objects", Only: FRR,
			What: "FRR with `no zebra nexthop kernel enable`", Real: "next hop objects in the kernel",
			Differs: "By its default FRR 8.4.4 goes on to use an object that lost its link after the link is back: BGP has both next hops, and the kernel one, each time.",
			Affects: []string{"LEAF", "RRR", "TOR"}, ComparedBy: []string{"framework/router/frr/nexthop_test.go"},
		},
		{
			Name: "frr-update-groups", Only: FRR,
			What: "FRR with an update group for each neighbor (`solo`)", Real: "neighbors of one policy share a group",
			Differs: "FRR 8.4 parts a neighbor that announces all its routes again from its group, without withdrawals that are queued there (update_subgroup_split_peer). With `solo` it sends no path back to where it is from.",
			Affects: []string{"LEAF", "LOC", "SVC", "MSW"},
		},
		{
			Name: "frr-start", Only: FRR,
			What: "zebra and bgpd with a file each; changes go line by line to bgpd's terminal, which answers each", Real: "frr.service with watchfrr, one frr.conf, frr-reload.py",
			Differs: "A daemon that ends stays down. FRR starts with a file of which it has refused lines, and tells its log alone: what runs is compared with the files (on netns).",
			Affects: []string{"LEAF", "TOR"}, ComparedBy: []string{"framework/router/frr/running_test.go"},
		},
		{
			Name: "frr-restarting", Only: FRR,
			What: "specs that restart whole calico-nodes have leaves that run BIRD", Real: "FRR on a leaf",
			Differs: "For 120 s after its own start FRR 8.4 tells its neighbors that it restarts (RFC 4724, 4.1), and gives up the routes of a node that restarts meanwhile. Leaves that run for longer keep them.",
			Affects: []string{"NODE"},
		},
		{
			Name: "bird-router", Only: BIRDRouter,
			What: "BIRD 1.6.8 as a leaf or a switch, configured to do what FRR does", Real: "a switch's own system",
			Differs: "Timers are FRR's (frr-timers). Its kernel routes have no metric, and stay when it is killed. suites/tor has one switch with BIRD and one with FRR, under the same requirements.",
			Affects: []string{"LEAF", "TOR"}, ComparedBy: []string{"framework/router/bird/render_test.go", "suites/tor/tor_test.go"},
		},
		{
			Name: "probes",
			What: "traffic from Rackproof's own process, in a host's or pod's network namespace", Real: "a client's process there",
			Differs: "Routes, rules and source addresses are the place's. The processor is shared with the lab: a machine that stands still looks like an outage, which the report tells.",
			Affects: []string{All},
		},
	}
}
