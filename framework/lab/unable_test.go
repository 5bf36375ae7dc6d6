package lab

import (
	"context"
	"errors"
	"strings"
	"testing"
)

type bareLab struct{ Lab }

func (bareLab) Name() string     { return "rack" }
func (bareLab) Provider() string { return "testbed" }

// bareHost is a switch that can be read by BGP alone.
type bareHost struct{}

func (bareHost) Name() string { return "leaf0" }
func (bareHost) Lab() string  { return "rack" }

type running struct{ bareHost }

func (running) Run(context.Context, ...string) ([]byte, error) { return []byte("ran"), nil }

type wrapped struct{ Host }

func (w wrapped) Unwrap() Host { return w.Host }

func TestCapabilitiesThatAreLacking(t *testing.T) {
	l, h := bareLab{}, wrapped{bareHost{}}
	for what, find := range map[string]func() error{
		"enter a pod of lab rack":                              func() error { _, err := PodEntererOf(l); return err },
		"cut a link of lab rack":                               func() error { _, err := LinkCutterOf(l); return err },
		"cut a host off a link of lab rack":                    func() error { _, err := EndCutterOf(l); return err },
		"configure a router of lab rack":                       func() error { _, err := RouterControllerOf(l); return err },
		"list the components of lab rack":                      func() error { _, err := ComponentListerOf(l); return err },
		"stop and start a component of lab rack":               func() error { _, err := ComponentControllerOf(l); return err },
		"read a log of lab rack":                               func() error { _, err := LogReaderOf(l); return err },
		"follow a log of lab rack":                             func() error { _, err := LogFollowerOf(l); return err },
		"run a command on a host of lab rack":                  func() error { _, err := ExecutorOf(l); return err },
		"run calicoctl on a node of lab rack":                  func() error { _, err := AdministrableOf(l); return err },
		"view the processes of lab rack":                       func() error { _, err := ProcessViewerOf(l); return err },
		"run a command on leaf0 of lab rack":                   func() error { _, err := RunnerOf(h); return err },
		"open a connection on leaf0 of lab rack":               func() error { _, err := DialerOf(h); return err },
		"listen on leaf0 of lab rack":                          func() error { _, err := ListenerOf(h); return err },
		"read a file on leaf0 of lab rack":                     func() error { _, err := FileReaderOf(h); return err },
		"enter the network namespace on leaf0 of lab rack":     func() error { _, err := Enter(h); return err },
		"enter the network namespace on leaf0 of lab rack: un": func() error { _, err := Netlink(h); return err },
	} {
		if err := find(); !errors.Is(err, ErrUnable) || !strings.HasPrefix(err.Error(), what) {
			t.Errorf("%s: got error %v", what, err)
		}
	}
}

func TestAWrappedHostHasItsCapabilities(t *testing.T) {
	runner, err := RunnerOf(wrapped{wrapped{running{}}})
	if err != nil {
		t.Fatal(err)
	}
	if out, err := runner.Run(t.Context()); string(out) != "ran" || err != nil {
		t.Errorf("got %q, %v", out, err)
	}
}
