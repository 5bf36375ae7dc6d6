package agent

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// failedProbe is why a container has to be ended, and how long that may take.
type failedProbe struct {
	err   error
	grace time.Duration
}

// probe probes a running container until ctx is done: first whether it has
// started up, then whether it is ready and alive. A container that has to be
// ended is told to failed.
func (c *container) probe(ctx context.Context, failed chan<- failedProbe) {
	fail := func(kind string, probe *corev1.Probe, err error) {
		grace := gracePeriod(c.pod.first)
		if probe.TerminationGracePeriodSeconds != nil {
			grace = time.Duration(*probe.TerminationGracePeriodSeconds) * time.Second
		}
		failed <- failedProbe{err: fmt.Errorf("%s probe failed: %w", kind, err), grace: grace}
	}
	if probe := c.spec.StartupProbe; probe != nil {
		up := false
		c.watch(ctx, probe, undecided, func(found verdict, err error) (more bool) {
			up = found == healthy
			if !up {
				fail("startup", probe, err)
			}
			return false
		})
		if !up {
			return
		}
	}
	c.started()
	var probes sync.WaitGroup
	defer probes.Wait()
	if probe := c.spec.ReadinessProbe; probe != nil {
		probes.Go(func() {
			c.watch(ctx, probe, undecided, func(found verdict, err error) (more bool) {
				if err != nil {
					c.pod.log.Info("Container is not ready", "container", c.spec.Name, "reason", err)
				}
				c.setReady(found == healthy)
				return true
			})
		})
	}
	if probe := c.spec.LivenessProbe; probe != nil {
		probes.Go(func() {
			c.watch(ctx, probe, healthy, func(_ verdict, err error) (more bool) {
				fail("liveness", probe, err)
				return false
			})
		})
	}
}

// watch probes until ctx is done or changed returns false, and gives changed each new
// verdict, with the error of the probe that caused a bad one.
func (c *container) watch(ctx context.Context, probe *corev1.Probe, initial verdict, changed func(verdict, error) (more bool)) {
	track := newTracker(probe, initial)
	beat := newRhythm(probe, initial != healthy)
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
		if counts && track.observe(found) && !changed(found, err) {
			return
		}
	}
}

// errCutShort is a probe over the network that had no answer when the next one was
// due.
var errCutShort = errors.New("the probe was given up for the next one")

// tryProbe probes once. A probe over the network has no longer than patience, if
// there is a patience: Felix drops the first packets between a node and a new pod,
// until it has heard of the pod, and TCP repeats them after a second only.
func (c *container) tryProbe(ctx context.Context, probe *corev1.Probe, patience time.Duration) error {
	timeout := seconds(max(probe.TimeoutSeconds, 1))
	impatient := probe.Exec == nil && patience > 0 && patience < timeout
	if impatient {
		timeout = patience
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	err := c.check(ctx, probe.ProbeHandler)
	if err != nil && impatient && ctx.Err() != nil {
		return errCutShort
	}
	return err
}

// check does what a probe or a hook asks for, once. The kubelet's rules
// (pkg/probe): an HTTP status from 200 to 399, a connection that can be opened, a
// command that ends with 0.
func (c *container) check(ctx context.Context, handler corev1.ProbeHandler) error {
	switch {
	case handler.Exec != nil:
		return c.checkCommand(ctx, handler.Exec.Command)
	case handler.HTTPGet != nil:
		return c.checkHTTP(ctx, handler.HTTPGet)
	case handler.TCPSocket != nil:
		address, err := c.address(handler.TCPSocket.Host, handler.TCPSocket.Port)
		if err != nil {
			return err
		}
		conn, err := c.pod.agent.machine.DialContext(ctx, "tcp", address)
		if err != nil {
			return err
		}
		return conn.Close()
	}
	return errors.New("it says neither exec, httpGet nor tcpSocket")
}

func (c *container) checkCommand(ctx context.Context, argv []string) error {
	proc, err := c.execute(argv, func(*exec.Cmd) {})
	if err != nil {
		return err
	}
	select {
	case <-proc.done:
	case <-ctx.Done():
		proc.signal(unix.SIGKILL)
		<-proc.done
		return fmt.Errorf("%s: %w", argv[0], ctx.Err())
	}
	if proc.err != nil {
		return fmt.Errorf("%s: %w", argv[0], proc.err)
	}
	return nil
}

func (c *container) checkHTTP(ctx context.Context, get *corev1.HTTPGetAction) error {
	address, err := c.address(get.Host, get.Port)
	if err != nil {
		return err
	}
	target, err := url.Parse(get.Path)
	if err != nil {
		return fmt.Errorf("httpGet.path %q: %w", get.Path, err)
	}
	target.Scheme, target.Host = "http", address
	if get.Scheme != "" {
		target.Scheme = strings.ToLower(string(get.Scheme))
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return fmt.Errorf("GET %s: %w", target, err)
	}
	request.Header.Set("User-Agent", "kube-probe/1")
	request.Header.Set("Accept", "*/*")
	for _, header := range get.HTTPHeaders {
		if http.CanonicalHeaderKey(header.Name) == "Host" {
			request.Host = header.Value
		} else {
			request.Header.Add(header.Name, header.Value)
		}
	}
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

// address is the host and port that a probe is to connect to.
func (c *container) address(host string, port intstr.IntOrString) (string, error) {
	if host == "" {
		addresses := c.pod.addressesNow().pod
		if len(addresses) == 0 {
			return "", errors.New("the pod has no address")
		}
		host = addresses[0].String()
	}
	number := port.IntVal
	if port.Type == intstr.String {
		var err error
		if number, err = namedPort(c.spec, port.StrVal); err != nil {
			return "", err
		}
	}
	return net.JoinHostPort(host, strconv.Itoa(int(number))), nil
}

func namedPort(spec *corev1.Container, name string) (int32, error) {
	for _, port := range spec.Ports {
		if port.Name == name {
			return port.ContainerPort, nil
		}
	}
	number, err := strconv.ParseInt(name, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("container %s has no port named %q", spec.Name, name)
	}
	return int32(number), nil
}

// newProbeClient is a client for httpGet probes: from the node, a connection for
// each, no certificate checked, and no redirect followed to another host.
func newProbeClient(machine Machine) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext:       machine.DialContext,
			DisableKeepAlives: true,
			TLSClientConfig:   &tls.Config{InsecureSkipVerify: true},
		},
		CheckRedirect: func(request *http.Request, via []*http.Request) error {
			if request.URL.Hostname() != via[0].URL.Hostname() {
				return http.ErrUseLastResponse
			}
			if len(via) >= 10 {
				return errors.New("stopped after 10 redirects")
			}
			return nil
		},
	}
}
