package oracle

import v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"

// felixFields follow felix/config/config_params.go and Felix's use of the parameters.
func felixFields() []Field {
	t := table{kind: v3.KindFelixConfiguration}
	t.handled("who programs the routes between nodes, by the rules of Calico v3.31; a node's own value may not differ from that of all nodes", "spec.programClusterRoutes")
	routingFields(&t)
	deviceFields(&t)
	packetFields(&t)
	t.noEffect("Felix leaves the kernel's own setting alone then. Each lab forwards without Felix, and the gate reads on every host whether it does", "spec.ipForwarding")
	t.noEffect("foreign routes through a pod's interface are a difference, whether Felix removes them or not", "spec.removeExternalRoutes")
	t.noEffect(ipv6Reason, "spec.ipv6Support", "spec.deviceRouteSourceAddressIPv6", "spec.vxlanMTUV6")
	t.noEffect("the routing tables of WireGuard, which is refused", "spec.routeTableRange", "spec.routeTableRanges")
	t.noEffect("of effect with WireGuard alone, which is refused", "spec.wireguardThreadingEnabled", "spec.wireguardListeningPort", "spec.wireguardListeningPortV6",
		"spec.wireguardRoutingRulePriority", "spec.wireguardInterfaceName", "spec.wireguardInterfaceNameV6", "spec.wireguardMTU", "spec.wireguardMTUV6", "spec.wireguardHostEncryptionEnabled", "spec.wireguardKeepAlive")
	bpfFields(&t)
	t.noEffect("how often Felix verifies its work, and how long it waits", "spec.routeRefreshInterval", "spec.interfaceRefreshInterval", "spec.iptablesRefreshInterval",
		"spec.iptablesPostWriteCheckInterval", "spec.ipsetsRefreshInterval", "spec.nftablesRefreshInterval", "spec.netlinkTimeout", "spec.dataplaneWatchdogTimeout")
	t.noEffect("how Felix writes its rules, whose meaning stays the same", "spec.iptablesBackend", "spec.iptablesLockFilePath", "spec.iptablesLockTimeout", "spec.iptablesLockProbeInterval",
		"spec.iptablesMarkMask", "spec.nftablesMarkMask", "spec.nftablesMode", "spec.maxIpsetSize", "spec.featureDetectOverride", "spec.featureGates")
	t.noEffect(logReason, "spec.logPrefix", "spec.logFilePath", "spec.logSeverityFile", "spec.logSeverityScreen", "spec.logSeveritySys", "spec.logDebugFilenameRegex")
	t.noEffect("what Felix reports about itself and about flows", "spec.reportingInterval", "spec.reportingTTL", "spec.endpointReportingEnabled", "spec.endpointReportingDelay", "spec.endpointStatusPathPrefix",
		"spec.healthEnabled", "spec.healthHost", "spec.healthPort", "spec.healthTimeoutOverrides", "spec.prometheusMetricsEnabled", "spec.prometheusMetricsHost", "spec.prometheusMetricsPort",
		"spec.prometheusGoMetricsEnabled", "spec.prometheusProcessMetricsEnabled", "spec.prometheusWireGuardMetricsEnabled", "spec.policySyncPathPrefix",
		"spec.usageReportingEnabled", "spec.usageReportingInitialDelay", "spec.usageReportingInterval", "spec.flowLogsPolicyEvaluationMode", "spec.flowLogsFlushInterval",
		"spec.flowLogsCollectorDebugTrace", "spec.flowLogsGoldmaneServer", "spec.flowLogsLocalReporter")
	t.noEffect("for those who debug Felix, and about its memory and its processors", "spec.debugMemoryProfilePath", "spec.debugDisableLogDropping", "spec.debugHost", "spec.debugPort",
		"spec.goGCThreshold", "spec.goMemoryLimitMB", "spec.goMaxProcs", "spec.requireMTUFile")
	t.noEffect("of effect on OpenStack, AWS or Windows alone", "spec.metadataAddr", "spec.metadataPort", "spec.openstackRegion", "spec.awsSrcDstCheck", "spec.windowsManageFirewallRules")
	return t.fields
}

// routingFields decide about routes.
func routingFields(t *table) {
	t.refusedBut("false", "the eBPF data plane has routes of its own", "spec.bpfEnabled")
	t.refusedBut("3", "Felix marks its routes with another protocol number", "spec.deviceRouteProtocol")
	t.refused("Felix's routes get a source address", "spec.deviceRouteSourceAddress")
	t.refused("hosts outside of the cluster may send through the tunnels", "spec.externalNodesList")
	t.refused("it overrides the pools' ipipMode", "spec.ipipEnabled")
	t.refused("it overrides the pools' vxlanMode", "spec.vxlanEnabled")
	t.refusedBut("CalicoIPAM", "routes follow from pods then, and not from blocks", "spec.routeSource")
	t.refusedBut("false", "Felix makes no routes then", "spec.routeSyncDisabled")
	t.refusedBut("false", "WireGuard has routes and rules of its own", "spec.wireguardEnabled", "spec.wireguardEnabledV6")
	t.refusedBut("cali", "Felix takes interfaces with this prefix for those of pods", "spec.interfacePrefix")
	t.refusedBut("kube-ipvs0", "Felix makes no routes through these interfaces", "spec.interfaceExclude")
	t.refusedBut("true", "another program makes Felix's routes then", "spec.useInternalDataplaneDriver")
	t.refused("another program makes Felix's routes then", "spec.dataplaneDriver")
	t.refused("Felix is made to stand still", "spec.debugSimulateCalcGraphHangAfter", "spec.debugSimulateDataplaneHangAfter", "spec.debugSimulateDataplaneApplyDelay")
}

// deviceFields decide about devices, of which the promises assume the defaults.
func deviceFields(t *table) {
	t.refusedBut("4789", "promises about tunnels assume the default", "spec.vxlanPort")
	t.refusedBut("4096", "promises about tunnels assume the default", "spec.vxlanVNI")
	t.handled("the MTU of Felix's routes through the tunnel", "spec.ipipMTU", "spec.vxlanMTU")
	t.noEffect("every lab sets it in calico-node's environment, which goes before the resource", "spec.mtuIfacePattern")
}

// packetFields decide about packets beyond routes. Those that change the answer of a
// promise about traffic are refused.
func packetFields(t *table) {
	t.refusedBut("Drop", "promises about services assume that a node drops packets for addresses that no service has", "spec.serviceLoopPrevention")
	t.refusedBut("Disabled", "a pod may send from addresses that are not its own", "spec.workloadSourceSpoofing")
	t.refusedBut("Disabled", "pods have addresses that no block has", "spec.floatingIPs")
	t.refused("natOutgoing gives packets another source address than the node's", "spec.natOutgoingAddress")
	t.refusedBut("IPPoolsOnly", "natOutgoing spares other destinations too", "spec.natOutgoingExclusions")
	t.refused("natOutgoing is of effect on some interfaces alone", "spec.iptablesNATOutgoingInterfaceFilter")
	t.refusedBut("ACCEPT", "pods do not reach their own node", "spec.defaultEndpointToHostAction")
	t.refusedBut("insert", "rules of others go before Felix's", "spec.chainInsertMode")
	t.refusedBut("DROP", "promises assume that packets are dropped in silence", "spec.iptablesFilterDenyAction", "spec.nftablesFilterDenyAction")
	t.noEffect("no rules of others follow that would drop what Felix accepts: the gate finds such rules", "spec.iptablesFilterAllowAction", "spec.iptablesMangleAllowAction", "spec.nftablesFilterAllowAction", "spec.nftablesMangleAllowAction")
	t.noEffect("pods of labs send no tunnelled packets", "spec.allowVXLANPacketsFromWorkloads", "spec.allowIPIPPacketsFromWorkloads")
	t.noEffect("of effect with HostEndpoints or policies alone, which are refused", "spec.failsafeInboundHostPorts", "spec.failsafeOutboundHostPorts", "spec.kubeNodePortRanges", "spec.xdpEnabled", "spec.genericXDPEnabled", "spec.xdpRefreshInterval", "spec.sidecarAccelerationEnabled")
	t.noEffect("the source ports of natOutgoing", "spec.natPortRange")
	t.noEffect("packets that belong to no connection; no promise is about them", "spec.disableConntrackInvalidCheck")
}

// bpfFields are all others of the eBPF data plane.
func bpfFields(t *table) {
	t.noEffect("of effect with bpfEnabled alone, which is refused",
		"spec.bpfDisableUnprivileged", "spec.bpfJITHardening", "spec.bpfLogLevel", "spec.bpfConntrackLogLevel", "spec.bpfConntrackMode", "spec.bpfConntrackTimeouts", "spec.bpfLogFilters",
		"spec.bpfCTLBLogFilter", "spec.bpfDataIfacePattern", "spec.bpfL3IfacePattern", "spec.bpfConnectTimeLoadBalancingEnabled", "spec.bpfConnectTimeLoadBalancing",
		"spec.bpfHostNetworkedNATWithoutCTLB", "spec.bpfExternalServiceMode", "spec.bpfDSROptoutCIDRs", "spec.bpfExtToServiceConnmark", "spec.bpfKubeProxyIptablesCleanupEnabled",
		"spec.bpfKubeProxyMinSyncPeriod", "spec.bpfKubeProxyHealthzPort", "spec.bpfKubeProxyEndpointSlicesEnabled", "spec.bpfPSNATPorts", "spec.bpfMapSizeNATFrontend",
		"spec.bpfMapSizeNATBackend", "spec.bpfMapSizeNATAffinity", "spec.bpfMapSizeRoute", "spec.bpfMapSizeConntrack", "spec.bpfMapSizePerCpuConntrack", "spec.bpfMapSizeConntrackScaling",
		"spec.bpfMapSizeConntrackCleanupQueue", "spec.bpfMapSizeIPSets", "spec.bpfMapSizeIfState", "spec.bpfHostConntrackBypass", "spec.bpfEnforceRPF", "spec.bpfPolicyDebugEnabled",
		"spec.bpfForceTrackPacketsFromIfaces", "spec.bpfDisableGROForIfaces", "spec.bpfExcludeCIDRsFromNAT", "spec.bpfExportBufferSizeMB", "spec.cgroupV2Path",
		"spec.bpfRedirectToPeer", "spec.bpfAttachType", "spec.bpfProfiling")
}
