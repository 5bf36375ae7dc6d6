package netns

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/rackproof/rackproof/framework/lab/netns/labinit"
)

// control sends a request to the lab's control socket and returns the answer. A refusal
// of the lab is an error in its own words.
func (l *Lab) control(ctx context.Context, method, path string, body io.Reader) ([]byte, error) {
	client := http.Client{Transport: &http.Transport{DialContext: l.dialControl, DisableKeepAlives: true}}
	request, err := http.NewRequestWithContext(ctx, method, "http://lab"+path, body)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("reach the lab's own process (`rackproof lab list` shows it while it lives): %w", err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if response.StatusCode >= http.StatusBadRequest {
		return nil, errors.New(strings.TrimSpace(string(answer)))
	}
	return answer, nil
}

// dialControl connects to the lab's control socket.
func (l *Lab) dialControl(ctx context.Context, _, _ string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "unix", l.folder.Path(labinit.ControlSocket))
}
