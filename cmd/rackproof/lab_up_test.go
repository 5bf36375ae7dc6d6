package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// labOfOne is a lab that notes what became of it.
type labOfOne struct {
	released, down bool
	cannotRelease  error
}

func (l *labOfOne) Release() error {
	l.released = l.cannotRelease == nil
	return l.cannotRelease
}

func (l *labOfOne) Down(context.Context) error {
	l.down = true
	return nil
}

func TestLeaveUp(t *testing.T) {
	broken := errors.New("broken pipe")
	cases := []struct {
		name    string
		lab     labOfOne
		tell    func() error
		left    bool
		saysErr error
	}{
		{"told", labOfOne{}, func() error { return nil }, true, nil},
		{"cannot be told", labOfOne{}, func() error { return broken }, false, broken},
		{"cannot be released", labOfOne{cannotRelease: broken}, func() error { return nil }, false, broken},
		{"panics", labOfOne{}, func() error { panic("index out of range") }, false, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var err error
			func() {
				defer func() { _ = recover() }()
				err = leaveUp(t.Context(), &c.lab, c.tell)
			}()
			if c.lab.down == c.left || c.lab.released != c.left {
				t.Errorf("taken down: %t, released: %t, want it left up: %t", c.lab.down, c.lab.released, c.left)
			}
			if !errors.Is(err, c.saysErr) {
				t.Errorf("got error %v, want %v", err, c.saysErr)
			}
		})
	}
}

func TestLeaveUpAfterInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var l labOfOne
	err := leaveUp(ctx, &l, func() error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) || !l.down || l.released {
		t.Errorf("got error %v, taken down: %t, released: %t", err, l.down, l.released)
	}
}

func TestTopologyWithoutNodesIsRefused(t *testing.T) {
	const nodeless = `name: nonode
pods: 10.244.0.0/16
services: 10.96.0.0/16
management: {prefix: 172.30.0.0/24, control: 172.30.0.2}
hosts:
  - {name: leaf1, role: leaf, rack: rack0, as: 65101}
  - {name: spine1, role: spine, as: 65001}
links:
  - name: l
    prefix: 172.20.1.0/31
    ends:
      - {host: leaf1, interface: eth1, address: 172.20.1.1}
      - {host: spine1, interface: eth1, address: 172.20.1.0}
`
	file := filepath.Join(t.TempDir(), "nonode.yaml")
	if err := os.WriteFile(file, []byte(nodeless), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := recipe{topology: file, mode: "leafreflector"}.options(io.Discard)
	if err == nil || !strings.Contains(err.Error(), file+": topology nonode has no node") || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v, want one line with the file", err)
	}
}
