package calico

import (
	"encoding/json"
	"fmt"
	"net/netip"
)

// Flannel is a pod network that flannel makes, with Calico for policies alone, which is
// Canal: nodes run neither BIRD nor confd, and no IPPool gives addresses.
type Flannel struct {
	Backend FlannelBackend `json:"backend"`
}

// FlannelBackend is how flannel brings packets to other nodes, by flannel's own name.
type FlannelBackend string

// The backends of flannel that labs have.
const (
	// FlannelVXLAN: every other node's subnet is routed through FlannelDevice.
	FlannelVXLAN FlannelBackend = "vxlan"
	// FlannelHostGateway: a node's subnet is routed to the node itself, by nodes that are in
	// one network with it.
	FlannelHostGateway FlannelBackend = "host-gw"
)

const (
	// FlannelDevice is the interface by which flannel encapsulates: `flannel.` and the
	// VNI, which is 1 (pkg/backend/vxlan).
	FlannelDevice = "flannel.1"
	// FlannelDataAnnotation is the annotation of a Kubernetes Node by which a node's
	// flannel tells the others the hardware address of its device (pkg/subnet/kube).
	FlannelDataAnnotation = "flannel.alpha.coreos.com/backend-data"
	// FlannelBackendAnnotation is the one by which it tells its backend.
	FlannelBackendAnnotation = "flannel.alpha.coreos.com/backend-type"
	// FlannelAddressAnnotation is the one by which it tells the address to send to.
	FlannelAddressAnnotation = "flannel.alpha.coreos.com/public-ip"
)

// Where flannel's network configuration is in the cluster: in a ConfigMap of namespace
// kube-system, as a file (manifests/canal.yaml).
const (
	FlannelConfigMap = "canal-config"
	FlannelConfigKey = "net-conf.json"
)

// flannelConfig is flannel's net-conf.json.
type flannelConfig struct {
	Network netip.Prefix
	Backend struct{ Type FlannelBackend }
}

// Config is flannel's net-conf.json for a pod network.
func (f Flannel) Config(pods netip.Prefix) string {
	config := flannelConfig{Network: pods}
	config.Backend.Type = f.Backend
	text, err := json.MarshalIndent(config, "", "  ")
	if err != nil {
		panic(err) // strings always encode
	}
	return string(text)
}

// ParseFlannel reads a net-conf.json. It refuses a backend that labs do not have.
func ParseFlannel(text string) (*Flannel, error) {
	var config flannelConfig
	if err := json.Unmarshal([]byte(text), &config); err != nil {
		return nil, fmt.Errorf("read %s of ConfigMap %s: %w", FlannelConfigKey, FlannelConfigMap, err)
	}
	f := &Flannel{Backend: config.Backend.Type}
	if err := f.check(); err != nil {
		return nil, fmt.Errorf("%s of ConfigMap %s: %w", FlannelConfigKey, FlannelConfigMap, err)
	}
	return f, nil
}

func (f Flannel) check() error {
	if f.Backend != FlannelVXLAN && f.Backend != FlannelHostGateway {
		return fmt.Errorf("backend is %q: use %s or %s", f.Backend, FlannelVXLAN, FlannelHostGateway)
	}
	return nil
}

// FlannelHardwareAddress reads the hardware address of a node's device off the node's
// annotation FlannelDataAnnotation; empty for a backend without a device.
func FlannelHardwareAddress(annotation string) (string, error) {
	var data *struct{ VtepMAC string }
	if err := json.Unmarshal([]byte(annotation), &data); err != nil {
		return "", fmt.Errorf("annotation %s: %w", FlannelDataAnnotation, err)
	}
	if data == nil {
		return "", nil
	}
	return data.VtepMAC, nil
}

// VXLANDevice is the interface of every node that encapsulates in VXLAN, if one does.
func (m *Mode) VXLANDevice() string {
	if m.Flannel != nil {
		return FlannelDevice
	}
	return VXLAN.Device()
}
