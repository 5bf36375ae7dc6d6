package launch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/rackproof/rackproof/framework/lab"
)

// proxyHealth is where kube-proxy serves its health, on each node.
const proxyHealth = "http://127.0.0.1:10256/healthz"

// attemptTimeout bounds one question to a kube-proxy that may not run yet.
const attemptTimeout = time.Second

// waitForServices waits until kube-proxy has written its rules on every node. It starts some
// fifty programs before, with which a spec would compete for the processor.
//
// kube-proxy is asked, and no service is tried: packets to a service that no rule knows go to
// the leaf, which answers a node by six ICMP errors and then one each second (icmp_ratelimit).
// Specs that expect such an error would see silence.
func waitForServices(ctx context.Context, l lab.Lab) error {
	for _, node := range l.Topology().Nodes() {
		host, err := l.Host(node.Name)
		if err != nil {
			return err
		}
		dialer, err := lab.DialerOf(host)
		if errors.Is(err, lab.ErrUnable) {
			continue // nobody can ask there
		}
		if err != nil {
			return err
		}
		client := &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true}, Timeout: attemptTimeout}
		var last error
		err = wait.PollUntilContextCancel(ctx, poll, true, func(ctx context.Context) (bool, error) {
			last = hasWritten(ctx, client, proxyHealth)
			return last == nil, nil
		})
		if err != nil {
			return fmt.Errorf("%s: wait for kube-proxy's rules (its log tells what it does): %w: %w", node.Name, context.Cause(ctx), last)
		}
	}
	return nil
}

// hasWritten returns an error unless a kube-proxy says that it has written its rules for IPv4.
// Its answer names the families for which it has done so; the state of its health says nothing,
// as one that starts is healthy.
func hasWritten(ctx context.Context, client *http.Client, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	var health struct {
		Status map[corev1.IPFamily]struct {
			LastUpdated time.Time `json:"lastUpdated"`
		} `json:"status"`
	}
	if err := json.NewDecoder(response.Body).Decode(&health); err != nil {
		return fmt.Errorf("read %s: %w", url, err)
	}
	if health.Status[corev1.IPv4Protocol].LastUpdated.IsZero() {
		return fmt.Errorf("%s: kube-proxy has written no rules for IPv4 yet", url)
	}
	return nil
}
