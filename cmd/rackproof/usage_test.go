package main

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func TestMistakesInTheCommandLine(t *testing.T) {
	cases := []struct {
		line string
		says string
	}{
		{"foo", `unknown command "foo": see ` + "`rackproof --help`"},
		{"labb", "did you mean lab?"},
		{"lab foo", "unknown command \"foo\": see `rackproof lab --help`"},
		{"lab exce", "did you mean exec?"},
		{"components buidl", "did you mean build?"},
		{"lab up --nosuch", "unknown flag: --nosuch: see `rackproof lab up --help`"},
		{"lab up --leaves vyos", "use frr, bird or bird2: see `rackproof lab up --help`"},
		{"lab up --leaves", "flag needs an argument: --leaves"},
		{"bench --leaves gobgp", "use frr, bird or bird2"},
		{"lab up extra", "see `rackproof lab up --help`"},
		{"lab list -o yaml", "use table or json"},
		{"lab exec", "name a host"},
		{"lab exec -- ip route", "name a host"},
		{"lab exec node0 ip route", "put -- between the host and its command: node0 -- ip route"},
		{"lab exec node0 leaf0 -- ip route", "put -- between"},
		{"lab up --name=", "--name is empty: give it a value, or leave it out"},
		{"lab status --name=", "--name is empty"},
		{"topology import-vyos x.boot --file=", "--file is empty"},
		{"lab component stop worker", "name a host and one of its components"},
		{"lab fuzz -s 0", "--states 0: take 1 or more"},
		{"lab fuzz --settle 0s", "--settle 0s: take 1s or more"},
		{"lab fuzz extra", "see `rackproof lab fuzz --help`"},
		{"lab record", "see `rackproof lab record --help`"},
		{"lab component list a b", "name one host, or none"},
		{"lab component sto", "did you mean stop?"},
		{"lab probe client", "name a host or a pod, and an address"},
		{"lab probe client 10.1.5.10 --count 0", "--count 0: take 1 to 10000"},
		{"lab probe client 10.1.5.10 --within 0s", "--within 0s"},
		{"lab capture leaf0", "name a host and one of its links"},
		{"lab capture leaf0 eth1 --for 2m", "--for 2m0s: take more than 0 and less than 2m0s"},
		{"lab capture leaf0 eth1 --count 0", "--count 0"},
		{"lab logs", "name a host"},
		{"lab logs node0 felix confd", "one component or none"},
		{"lab logs node0 --tail 0", "--tail 0"},
		{"lab down mine --all", "not both"},
		{"bench --runs 0", "--runs 0"},
		{"bench -o text", "use md or json"},
		{"report summary", "name one results folder"},
		{"report compare a", "name two results folders or tables"},
		{"report soak", "name one table of a soak"},
		{"soak -n 0", "--rounds 0"},
		{"soak ./suites/tor", "name suites by --suites"},
		{"soak -- -rackproof.results=x", "-rackproof.results=x: the soak itself gives the suites this flag"},
		{"plan a b", "name one design, or none"},
		{"plan check a --mode tor", "not both"},
		{"plan diff a", "name two designs"},
		{"plan failures --links 3", "--links 3: take 0 to 2"},
		{"plan failures --hosts 2", "--hosts 2: take 0 or 1"},
		{"plan failures --links 0 --hosts 0", "lose something"},
		{"topology import-vyos", "name the routers' configurations"},
		{"topology import-vyos x.boot --pods 10.244.0.0", "--pods"},
		{"topology import-vyos x.boot --node worker", "write NAME=ADDRESS"},
		{"topology import-vyos x.boot --node Worker=10.1.5.11", "is not a DNS label"},
		{"topology import-vyos x.boot --node worker=fd00::1", "is not an IPv4 address"},
		{"topology import-vyos x.boot --node a=10.1.5.11 --node b=10.1.5.11", "10.1.5.11 is named twice, a and b"},
	}
	for _, c := range cases {
		t.Run(c.line, func(t *testing.T) {
			output, err := execute(t, strings.Fields(c.line)...)
			var told bytes.Buffer
			if status := report(&told, err, false); status != exitUsage {
				t.Errorf("got status %d, want %d", status, exitUsage)
			}
			if !strings.HasPrefix(told.String(), "rackproof: ") || strings.Count(told.String(), "\n") != 1 || !strings.Contains(told.String(), c.says) {
				t.Errorf("got %q, want one line with %q", told.String(), c.says)
			}
			if output != "" {
				t.Errorf("standard output has %q", output)
			}
		})
	}
}

func TestReport(t *testing.T) {
	cases := []struct {
		name        string
		err         error
		interrupted bool
		status      int
		told        string
	}{
		{"success", nil, false, 0, ""},
		{"failure", errors.New("leaf0: no bgpd"), false, 1, "rackproof: leaf0: no bgpd\n"},
		{"interrupted", errors.New("lab x: interrupt"), true, 130, "rackproof: lab x: interrupt\n"},
		{"a command's own status", fmt.Errorf("exec: %w", exitStatus(7)), false, 7, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var told bytes.Buffer
			if status := report(&told, c.err, c.interrupted); status != c.status || told.String() != c.told {
				t.Errorf("got status %d and %q, want %d and %q", status, told.String(), c.status, c.told)
			}
		})
	}
}

func TestEveryCommandHasHelpWithAnExample(t *testing.T) {
	var check func(*cobra.Command)
	check = func(command *cobra.Command) {
		t.Run(command.CommandPath(), func(t *testing.T) {
			if command.Short == "" {
				t.Error("no description")
			}
			if !strings.Contains(command.Example, "rackproof ") {
				t.Errorf("example %q shows no command line", command.Example)
			}
			arguments := append(strings.Fields(command.CommandPath())[1:], "--help")
			if help, err := execute(t, arguments...); err != nil || !strings.Contains(help, "Examples:") {
				t.Errorf("--help gives error %v and\n%s", err, help)
			}
		})
		for _, below := range command.Commands() {
			check(below)
		}
	}
	check(newRootCommand())
}
