package observe

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path"

	"github.com/rackproof/rackproof/framework/lab"
)

// endpointStatusFolder is where Felix notes which endpoints it has programmed, for the
// CNI plugin (EndpointStatusPathPrefix in felix/config).
const endpointStatusFolder = "/var/run/calico/endpoint-status"

// EndpointProgrammed reports whether Felix on a pod's node has written the pod's routes
// and rules. A pod may be ready before: the probe of its kubelet comes from the node
// itself, and passes none of the rules that packets of other hosts pass. Felix makes a
// file for each endpoint once it has applied everything (endpointStatusCombiner in
// felix/dataplane/linux, names in libcalico-go/lib/names/workloadendpointstatus.go).
func EndpointProgrammed(node lab.Host, namespace, pod string) (bool, error) {
	_, err := remote{node}.ReadFile(path.Join(endpointStatusFolder, endpointStatusFile(namespace, pod)))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("ask whether Felix has programmed pod %s/%s: %w", namespace, pod, err)
	}
	return true, nil
}

// endpointStatusFile is the name of the file of a pod's endpoint: orchestrator, workload
// and endpoint, each escaped as a part of a URL's path.
func endpointStatusFile(namespace, pod string) string {
	return url.PathEscape("k8s") + " " + url.PathEscape(namespace+"/"+pod) + " " + url.PathEscape("eth0")
}
