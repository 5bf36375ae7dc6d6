package router

import (
	"context"
	"errors"
	"net"
	"strings"
	"syscall"
	"testing"
)

// A program whose socket refuses, as it does not listen yet, is waited for.
func TestAwait(t *testing.T) {
	program := Program{Name: "bgpd", Ready: "/run/bgpd.vty"}
	answers := []error{syscall.ENOENT, syscall.ECONNREFUSED, nil}
	dial := func(_ context.Context, network, address string) (net.Conn, error) {
		if network != "unix" || address != program.Ready {
			t.Errorf("dials %s %s", network, address)
		}
		answer := answers[0]
		answers = answers[1:]
		if answer != nil {
			return nil, answer
		}
		near, far := net.Pipe()
		_ = far.Close()
		return near, nil
	}
	runs := func(context.Context) error { return nil }
	if err := Await(t.Context(), dial, program, runs); err != nil || len(answers) != 0 {
		t.Errorf("%v, and %d answers are left", err, len(answers))
	}

	refuses := func(context.Context, string, string) (net.Conn, error) { return nil, syscall.ECONNREFUSED }
	dead := errors.New("ended with exit status 3")
	if err := Await(t.Context(), refuses, program, func(context.Context) error { return dead }); !errors.Is(err, dead) || !strings.Contains(err.Error(), program.Ready) {
		t.Errorf("a program that has ended: %v", err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	late := errors.New("too late")
	cancel(late)
	if err := Await(ctx, refuses, program, runs); !errors.Is(err, late) {
		t.Errorf("no time left: %v", err)
	}
}
