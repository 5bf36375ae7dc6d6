package netns

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/rackproof/rackproof/framework/supervisor"
)

// Components lists the states of the lab's components.
func (l *Lab) Components(ctx context.Context) ([]supervisor.Status, error) {
	var list []supervisor.Status
	body, err := l.control(ctx, http.MethodGet, "/components")
	if err != nil {
		return nil, fmt.Errorf("lab %s: list its components: %w", l.Name(), err)
	}
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, fmt.Errorf("lab %s: list its components: %w", l.Name(), err)
	}
	return list, nil
}

// StopComponent implements lab.ComponentController.
func (l *Lab) StopComponent(ctx context.Context, host, component string) error {
	return l.controlComponent(ctx, host, component, "stop")
}

// KillComponent implements lab.ComponentController.
func (l *Lab) KillComponent(ctx context.Context, host, component string) error {
	return l.controlComponent(ctx, host, component, "stop?signal=9")
}

// StartComponent implements lab.ComponentController.
func (l *Lab) StartComponent(ctx context.Context, host, component string) error {
	return l.controlComponent(ctx, host, component, "start")
}

func (l *Lab) controlComponent(ctx context.Context, host, component, action string) error {
	if _, err := l.control(ctx, http.MethodPost, fmt.Sprintf("/components/%s/%s/%s", host, component, action)); err != nil {
		return fmt.Errorf("lab %s: %w", l.Name(), err)
	}
	return nil
}

// control sends a request to the lab's control socket.
func (l *Lab) control(ctx context.Context, method, path string) ([]byte, error) {
	client := http.Client{Transport: &http.Transport{DialContext: l.dialControl, DisableKeepAlives: true}}
	request, err := http.NewRequestWithContext(ctx, method, "http://lab"+path, nil)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if response.StatusCode >= http.StatusBadRequest {
		return nil, fmt.Errorf("%s", strings.TrimSpace(string(body)))
	}
	return body, nil
}
