package frr

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/rackproof/rackproof/framework/fabric"
	"github.com/rackproof/rackproof/framework/router"
)

// runningConfig is the command whose answer is a daemon's configuration, as a file that
// the daemon would read.
const runningConfig = "show running-config"

// Verify implements router.Driver. It compares what a router's daemons run with the files of Render. FRR starts with
// a file of which it has refused lines, and tells that to its log alone; and what
// Configure was told line by line has to be what bgpd would read from its file. The
// error names the statements on which the two differ.
//
// Order and comments do not count. FRR 8.4 prints all that Render writes and none of its
// own defaults, so that the BGP sections are equal. Outside of them the daemons add what
// they find in the kernel, such as `no ip forwarding`, which does not count either.
func (d Driver) Verify(ctx context.Context, dial router.Dialer, r fabric.Router) error {
	files, err := d.Render(r)
	if err != nil {
		return err
	}
	sockets := map[string]string{zebraConfig: zebraSocket, bgpdConfig: bgpdSocket}
	var errs []error
	for _, file := range files {
		socket, ok := sockets[file.Path]
		if !ok {
			continue // no daemon reads it
		}
		runs, err := running(ctx, dial, socket)
		if err == nil {
			err = compare(string(file.Content), runs)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("compare what FRR runs with %s: %w", file.Path, err))
		}
	}
	return errors.Join(errs...)
}

// running asks a daemon for its configuration.
func running(ctx context.Context, dial router.Dialer, socket string) (string, error) {
	t, err := openTerminal(ctx, dial, socket)
	if err != nil {
		return "", err
	}
	defer t.close()
	if _, err := t.run("enable"); err != nil {
		return "", err
	}
	answer, err := t.run(runningConfig)
	return string(answer), err
}

// compare returns an error with the statements of a file that do not run, and with those
// of BGP that run and are not in the file.
func compare(file, runs string) error {
	has, want := statements(runs), statements(file)
	var differences []string
	for _, s := range want {
		if !slices.Contains(has, s) {
			differences = append(differences, fmt.Sprintf("%q does not run: the daemon's log tells why it was refused", s))
		}
	}
	for _, s := range has {
		if strings.HasPrefix(s, bgpSection) && !slices.Contains(want, s) {
			differences = append(differences, fmt.Sprintf("%q runs and is not in the file", s))
		}
	}
	if len(differences) > 0 {
		return errors.New(strings.Join(differences, "; "))
	}
	return nil
}

// Words that begin a section of FRR's configuration and end one.
const (
	bgpSection    = "router bgp "
	familySection = "address-family "
	endOfSection  = "exit"
	endOfFamily   = "exit-address-family"
)

// statements are the statements of a configuration, each behind the sections that it
// stands in: "router bgp 65005: address-family ipv4 unicast: network 10.1.5.0/24".
func statements(config string) []string {
	var list, sections []string
	for line := range strings.Lines(config) {
		line = strings.TrimSpace(line)
		switch {
		case line == "", strings.HasPrefix(line, "!"):
		case line == endOfSection, line == endOfFamily:
			sections = sections[:max(0, len(sections)-1)]
		default:
			list = append(list, strings.Join(append(slices.Clip(sections), line), ": "))
			if strings.HasPrefix(line, bgpSection) || strings.HasPrefix(line, familySection) {
				sections = append(sections, line)
			}
		}
	}
	return list
}
