// Package workload has what a spec puts into the cluster until it ends: pods, deployments,
// services and their EndpointSlices, labels of nodes, cordons and drains.
package workload
