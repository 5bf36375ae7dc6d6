package vm

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
	argv := CommandLine(Options{
		Kernel: Kernel{Program: "/k/linux", Built: true},
		Init:   "/x/suite.test", Folder: "/state/uml", State: "/state", MemoryMiB: 100,
	})
	if argv[0] != "/k/linux" {
		t.Errorf("the program is %s", argv[0])
	}
	for _, want := range []string{"init=/x/suite.test", "mem=100M", "umid=uml", "seccomp=on", "uml_dir=/state/", initVariable + "=/state"} {
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
	for _, word := range CommandLine(Options{Kernel: Kernel{Program: "linux.uml"}}) {
		if strings.HasPrefix(word, "seccomp=") {
			t.Errorf("the distribution's kernel would take %s for something of init's", word)
		}
	}
}

func TestFindPrefersTheOneThatWasBuilt(t *testing.T) {
	if _, err := os.Stat("/dev/net/tun"); err != nil {
		t.Skipf("this machine runs no User-Mode Linux: %v", err)
	}
	folder := t.TempDir()
	built := filepath.Join(folder, "linux")
	if err := os.WriteFile(built, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if got, err := Find(built); err != nil || got.Program != built || !got.Built {
		t.Errorf("got %v, %v", got, err)
	}
	t.Setenv("PATH", t.TempDir())
	missing := filepath.Join(folder, "other")
	if _, err := Find(missing); err == nil || !strings.Contains(err.Error(), Package) || !strings.Contains(err.Error(), missing) {
		t.Errorf("without any kernel: %v", err)
	}
}

func TestNetworkHasRoomForBothEnds(t *testing.T) {
	if !network().Contains(OutsideAddress().Addr()) || !network().Contains(insideAddress().Addr()) || OutsideAddress() == insideAddress() {
		t.Errorf("%s has %s and %s", network(), OutsideAddress(), insideAddress())
	}
}
