package calicoctl

import (
	"context"
	"fmt"
	"net/netip"
	"strings"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/rackproof/rackproof/framework/session"
	"github.com/rackproof/rackproof/framework/suite"
)

// Peer is a row of `calicoctl node status`.
type Peer struct {
	Address netip.Addr
	Type    session.Kind
	// Established says that BIRD's protocol is up and its session Established.
	Established bool
}

// peersOf are the rows that `calicoctl node status` should print for sessions of a node.
func peersOf(sessions []session.Session) []Peer {
	var peers []Peer
	for _, s := range sessions {
		peers = append(peers, Peer{Address: s.Peer, Type: s.Kind, Established: s.State == session.Established})
	}
	return peers
}

// Status runs `calicoctl node status` on a node.
func Status(ctx context.Context, l *suite.Lab, node string) ([]Peer, error) {
	ginkgo.GinkgoHelper()
	return ReadStatus(Run(ctx, l, node, "node", "status"))
}

// ReadStatus reads what `calicoctl node status` prints. That is for people alone, and here it
// is the promise itself: calicoctl has no other form of it.
func ReadStatus(text string) ([]Peer, error) {
	if !strings.Contains(text, "Calico process is running.") {
		return nil, fmt.Errorf("calicoctl does not see Felix: %q", text)
	}
	rows := Table(text, "|")
	if len(rows) == 0 {
		return nil, fmt.Errorf("there is no table of peers: %q", text)
	}
	columns := []string{"PEER ADDRESS", "PEER TYPE", "STATE", "SINCE", "INFO"}
	if fmt.Sprint(rows[0]) != fmt.Sprint(columns) {
		return nil, fmt.Errorf("the columns are %q, not %q", rows[0], columns)
	}
	var peers []Peer
	for _, row := range rows[1:] {
		if len(row) != len(columns) {
			return nil, fmt.Errorf("row %q has not the columns %q", row, columns)
		}
		address, err := netip.ParseAddr(row[0])
		if err != nil {
			return nil, fmt.Errorf("row %q: %w", row, err)
		}
		peers = append(peers, Peer{Address: address, Type: session.Kind(row[1]), Established: row[2] == "up" && row[4] == string(session.Established)})
	}
	return peers, nil
}

// Table reads a table that is printed for people: its rows, the head first. Columns are parted
// by a separator, or where it is empty by blanks.
func Table(text, separator string) [][]string {
	var rows [][]string
	for line := range strings.Lines(text) {
		if separator == "" {
			if row := strings.Fields(line); len(row) > 0 {
				rows = append(rows, row)
			}
			continue
		}
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, separator) {
			continue
		}
		var row []string
		for cell := range strings.SplitSeq(strings.Trim(line, separator), separator) {
			row = append(row, strings.TrimSpace(cell))
		}
		rows = append(rows, row)
	}
	return rows
}

// ExpectStatus expects that `calicoctl node status` comes to show, on each of some nodes, the
// sessions that the oracle expects of the node, of which there is one at least.
func ExpectStatus(ctx context.Context, l *suite.Lab, nodes ...string) {
	ginkgo.GinkgoHelper()
	state, err := l.State(ctx)
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	sessions, err := state.Sessions()
	gomega.Expect(err).NotTo(gomega.HaveOccurred())
	for _, node := range nodes {
		want := peersOf(sessions[node])
		gomega.Expect(want).NotTo(gomega.BeEmpty(), "sessions of %s", node)
		gomega.Eventually(Status).WithContext(ctx).WithArguments(l, node).Should(gomega.ConsistOf(want), "calicoctl node status on %s", node)
	}
}
