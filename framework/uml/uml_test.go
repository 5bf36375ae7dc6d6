package uml

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestCommandPassesThrough(t *testing.T) {
	want := Command{Argv: []string{"/bin/a", "", "b c", "\"'"}, Env: []string{"X=\n"}, Dir: "/"}
	text, err := want.encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := decodeCommand(text)
	if err != nil || !slices.Equal(got.Argv, want.Argv) || !slices.Equal(got.Env, want.Env) || got.Dir != want.Dir {
		t.Errorf("got %v, %v", got, err)
	}
	for _, text := range []string{"", "{}", "ls"} {
		if _, err := decodeCommand(text); err == nil {
			t.Errorf("%q is no command", text)
		}
	}
}

func TestSignalsHaveTheirNames(t *testing.T) {
	if got := nameOf(unix.SIGINT); got != "INT" {
		t.Errorf("got %s; RFC 4254, section 6.10, has INT", got)
	}
	for _, signal := range []unix.Signal{unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM, unix.SIGKILL} {
		if got := signalNamed(nameOf(signal)); got != signal {
			t.Errorf("%v comes back as %v", signal, got)
		}
	}
	if got := signalNamed("NONE"); got != 0 {
		t.Errorf("got %v", got)
	}
}

func TestCommandLine(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, Program), []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", folder)
	argv, err := CommandLine(Options{Init: "/x/suite.test", Folder: "/state/uml", State: "/state", MemoryMiB: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"init=/x/suite.test", "mem=100M", "umid=uml", "uml_dir=/state/", initVariable + "=/state"} {
		if !slices.Contains(argv, want) {
			t.Errorf("%q is not in %q", want, argv)
		}
	}
	for n := range Ports + 1 {
		device := func(word string) bool {
			return strings.HasPrefix(word, DeviceName(n)+":") && strings.Contains(word, "ifname="+TapName(n)+",")
		}
		if !slices.ContainsFunc(argv, device) {
			t.Errorf("there is no device %d in %q", n, argv)
		}
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := CommandLine(Options{}); err == nil || !strings.Contains(err.Error(), Package) {
		t.Errorf("without the kernel: %v", err)
	}
}

func TestNetworkHasRoomForBothEnds(t *testing.T) {
	if !network().Contains(OutsideAddress().Addr()) || !network().Contains(insideAddress().Addr()) || OutsideAddress() == insideAddress() {
		t.Errorf("%s has %s and %s", network(), OutsideAddress(), insideAddress())
	}
}
