package probe

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"time"

	"github.com/rackproof/rackproof/framework/lab"
)

// CurlStatus runs the program curl on a host of a lab and returns its exit status: see EXIT
// CODES in curl(1). Within bounds the whole operation (curl -m).
func CurlStatus(ctx context.Context, l lab.Lab, host string, to netip.AddrPort, within time.Duration) (int, error) {
	executor, err := lab.ExecutorOf(l)
	if err != nil {
		return 0, err
	}
	var complaint bytes.Buffer
	status, err := executor.Exec(ctx, host, []string{
		"curl", "--silent", "--show-error", "--max-time", strconv.FormatFloat(within.Seconds(), 'f', -1, 64),
		"--noproxy", "*", "http://" + to.String() + "/hostname",
	}, nil, io.Discard, &complaint)
	if err != nil {
		return 0, fmt.Errorf("from %s to %s: run curl: %w", host, to, err)
	}
	// 0 to 99 are curl's own; env(1) and the shell have others.
	if status >= 126 {
		return 0, fmt.Errorf("from %s to %s: curl ended with status %d: %s", host, to, status, lab.ErrorTail(complaint.String()))
	}
	return status, nil
}
