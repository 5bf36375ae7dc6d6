package observe

import "testing"

func TestEndpointStatusFile(t *testing.T) {
	// As Felix names them: ls /var/run/calico/endpoint-status on a node.
	if got, want := endpointStatusFile("default", "app-x2x7w"), "k8s default%2Fapp-x2x7w eth0"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
