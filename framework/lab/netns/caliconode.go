package netns

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// EndCalicoNode implements lab.CalicoNodeController.
func (l *Lab) EndCalicoNode(ctx context.Context, node string) error {
	return l.controlCalicoNode(ctx, node, "end", nil)
}

// StartCalicoNode implements lab.CalicoNodeController.
func (l *Lab) StartCalicoNode(ctx context.Context, node string, settings map[string]string) error {
	body, err := json.Marshal(settings)
	if err != nil {
		return fmt.Errorf("lab %s: encode the settings of calico-node on %s: %w", l.Name(), node, err)
	}
	return l.controlCalicoNode(ctx, node, "start", bytes.NewReader(body))
}

// RunCalicoNode implements lab.CalicoNodeController.
func (l *Lab) RunCalicoNode(ctx context.Context, node string, arguments ...string) ([]byte, error) {
	h, err := l.host(node)
	if err != nil {
		return nil, err
	}
	return h.Run(ctx, append([]string{"calico-node"}, arguments...)...)
}

func (l *Lab) controlCalicoNode(ctx context.Context, node, action string, body io.Reader) error {
	if _, err := l.control(ctx, http.MethodPost, fmt.Sprintf("/nodes/%s/calico-node/%s", node, action), body); err != nil {
		return fmt.Errorf("lab %s: %s calico-node on %s: %w", l.Name(), action, node, err)
	}
	return nil
}
