package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// probe asks a running container whether it is ready, until ctx is done.
func (c *container) probe(ctx context.Context) {
	if c.spec.ReadinessProbe == nil {
		c.setReady(true)
		return
	}
	c.watch(ctx, c.spec.ReadinessProbe, func(found verdict, err error) {
		if err != nil {
			c.pod.log.Info("Container is not ready", "container", c.spec.Name, "reason", err)
		}
		c.setReady(found == healthy)
	})
}

// watch probes until ctx is done, and gives changed each new verdict, with the error of
// the probe that caused a bad one.
func (c *container) watch(ctx context.Context, probe *corev1.Probe, changed func(verdict, error)) {
	track := newTracker(probe)
	beat := newRhythm(probe)
	due := time.Now()
	for {
		wait, regular := beat.next()
		due = due.Add(wait)
		if !sleep(ctx, time.Until(due)) {
			return
		}
		found, err := healthy, c.tryProbe(ctx, probe, beat.patience())
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			beat.settle()
		} else {
			found = unhealthy
		}
		if late := time.Now(); late.After(due.Add(beat.period)) {
			due = late
		}
		counts := err == nil || regular && !errors.Is(err, errCutShort)
		if counts && track.observe(found) {
			changed(found, err)
		}
	}
}

// errCutShort is a probe that had no answer when the next one was due.
var errCutShort = errors.New("the probe was given up for the next one")

// tryProbe probes once. The probe has no longer than patience, if there is a patience: Felix drops the first packets between a node and a new pod,
// until it has heard of the pod, and TCP repeats them after a second only.
func (c *container) tryProbe(ctx context.Context, probe *corev1.Probe, patience time.Duration) error {
	timeout := seconds(max(probe.TimeoutSeconds, 1))
	impatient := patience > 0 && patience < timeout
	if impatient {
		timeout = patience
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	err := c.check(ctx, probe.HTTPGet)
	if err != nil && impatient && ctx.Err() != nil {
		return errCutShort
	}
	return err
}

// check sends a probe's request once. By the kubelet's rule (pkg/probe) a status from 200
// to 399 is a success.
func (c *container) check(ctx context.Context, get *corev1.HTTPGetAction) error {
	target, err := url.Parse(get.Path)
	if err != nil {
		return fmt.Errorf("read httpGet.path %q: %w", get.Path, err)
	}
	target.Scheme, target.Host = "http", netip.AddrPortFrom(c.pod.address(), uint16(get.Port.IntVal)).String()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return fmt.Errorf("GET %s: %w", target, err)
	}
	request.Header.Set("User-Agent", "kube-probe/1")
	request.Header.Set("Accept", "*/*")
	answer, err := c.pod.agent.probes.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode < http.StatusOK || answer.StatusCode >= http.StatusBadRequest {
		body, _ := io.ReadAll(io.LimitReader(answer.Body, 200))
		return fmt.Errorf("GET %s: %s: %s", target, answer.Status, body)
	}
	return nil
}

// newProbeClient is a client for probes: from the node, a connection for each, and no
// redirect followed.
func newProbeClient(machine Machine) *http.Client {
	return &http.Client{
		Transport:     &http.Transport{DialContext: machine.DialContext, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
