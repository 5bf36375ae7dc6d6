// Package agent is the kubelet's stand-in on a node of the embedded lab. It
// registers the node once, keeps lease and status of whatever Node has its name, and
// runs the pods bound to it: a pod is a network namespace made by the real CNI
// plugin, and each container is a process in it. It serves the part of the kubelet's
// API that kubectl logs and kubectl exec need. It reaches its node only through the
// interface Machine, and knows neither topologies nor Calico.
//
// # What a pod may ask for
//
// There are no images and no root file systems. An image stands for a program
// (Config.Images), containers see the node's file system, and run as the agent's
// own user. Supported lists the fields of a pod's spec that the agent accepts, and
// docs/differences.md has them as a table.
//
// A pod with any other field is not run: its containers wait with
// CreateContainerConfigError and a message that names the field.
//
// # Where it differs from a kubelet
//
//   - A readiness probe that has not succeeded yet is also asked
//     between its first two periods, after 50 ms and then at doubling intervals, so
//     that a pod is ready as soon as it answers. Failures of these extra probes
//     don't count. Until then a probe that has no answer when the next one is due
//     is given up for it, and does not count either.
//   - A container's process is not PID 1 of a PID namespace, so SIGTERM ends a
//     program that has no handler for it.
//   - A container's log is its bare output, of all its runs. kubectl logs has no options.
//   - No events are recorded; what goes wrong is in the container's status.
//
// # Why not virtual-kubelet's controllers
//
// Read at v1.12.0. Its server of the kubelet's exec API (node/api) is used here;
// its pod and node controllers are not:
//
//   - A deleted pod stays in the API for its whole grace period, 30 s by
//     default, although its containers ended at once: syncPodInProvider queues the
//     removal with that delay, and a change of status does not queue it earlier
//     (podShouldEnqueue).
//   - It knows pods by name and not by UID. A pod that is deleted by force and
//     made again under the same name, as a StatefulSet does, is taken for the old
//     one and never started (createOrUpdatePod, podsEqual).
//   - It gives a pod up permanently after 20 failures (internal/queue), so a pod bound
//     before Calico is up may never start.
//   - Its node controller writes the labels that the node was made with again with
//     every status update, so a node that a test relabels falls back
//     (prepareThreewayPatchBytesForNodeStatus).
//   - Each node needs three pools of workers, and informers for all Secrets,
//     ConfigMaps and Services of the cluster.
package agent
