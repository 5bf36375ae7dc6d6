package agent

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"k8s.io/apimachinery/pkg/types"
)

// plainMachine is a node without namespaces: processes are real, networks are
// entries in a list.
type plainMachine struct {
	// listening gets the address of the kubelet API.
	listening chan net.Addr

	mu       sync.Mutex
	networks map[types.UID]bool
}

func newPlainMachine() *plainMachine {
	return &plainMachine{listening: make(chan net.Addr, 1), networks: map[types.UID]bool{}}
}

func (m *plainMachine) NewPodNetwork(_ context.Context, pod types.UID) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.networks[pod] = true
	return "/netns/pod-" + string(pod), nil
}

func (m *plainMachine) DeletePodNetwork(_ context.Context, pod types.UID) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.networks, pod)
	return nil
}

func (m *plainMachine) hasNetwork(pod types.UID) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.networks[pod]
}

func (m *plainMachine) Start(_ Place, cmd *exec.Cmd) error { return cmd.Start() }
func (m *plainMachine) Wait(cmd *exec.Cmd) error           { return cmd.Wait() }

func (m *plainMachine) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, network, address)
}

func (m *plainMachine) Listen(ctx context.Context, network, _ string) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, network, "127.0.0.1:0")
	if err == nil {
		m.listening <- listener.Addr()
	}
	return listener, err
}

// fakePlugin is a CNI plugin that gives every pod the address 127.0.0.1, so that
// probes reach its processes, and records what it was asked for.
type fakePlugin struct{ folder string }

const fakeNetwork = `{"name": "pods", "cniVersion": "0.3.1", "plugins": [{"type": "plugin"}]}`

func newFakePlugin(t *testing.T) fakePlugin {
	t.Helper()
	p := fakePlugin{t.TempDir()}
	script := `#!/bin/sh
echo "$CNI_COMMAND $CNI_CONTAINERID $CNI_NETNS $CNI_IFNAME $CNI_ARGS" >> ` + p.record() + `
if [ -e ` + p.broken() + ` ]; then echo '{"cniVersion": "0.3.1", "code": 11, "msg": "not up yet"}'; exit 1; fi
[ "$CNI_COMMAND" != ADD ] || echo '{"cniVersion": "0.3.1", "ips": [{"version": "4", "address": "127.0.0.1/32"}]}'
`
	if err := os.WriteFile(filepath.Join(p.folder, "plugin"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p fakePlugin) record() string { return filepath.Join(p.folder, "record") }

// broken is a file whose being there makes the plugin fail.
func (p fakePlugin) broken() string { return filepath.Join(p.folder, "broken") }

// calls are the commands that the plugin was asked for, for a pod.
func (p fakePlugin) calls(t *testing.T, pod types.UID) []string {
	t.Helper()
	data, err := os.ReadFile(p.record())
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	var calls []string
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		if len(fields) > 1 && fields[1] == string(pod) {
			calls = append(calls, fields[0])
		}
	}
	return calls
}
