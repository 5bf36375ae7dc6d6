package agent

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
)

// maxRetry is the longest interval between repetitions of a request that fails,
// so that an API server that comes back is noticed soon.
const maxRetry = time.Second

// requestTimeout bounds a single request to the API server.
const requestTimeout = 10 * time.Second

// publish writes the pod's status whenever it has changed, until ctx is done.
func (p *pod) publish(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.changed:
			p.insist(ctx, "write the pod's status", p.writeStatus)
		}
	}
}

// remove writes the pod's last status and deletes it from the API.
func (p *pod) remove(ctx context.Context) {
	p.insist(ctx, "write the pod's last status", p.writeStatus)
	p.insist(ctx, "delete the pod", func(ctx context.Context) error {
		options := metav1.NewDeleteOptions(0)
		options.Preconditions = metav1.NewUIDPreconditions(string(p.first.UID))
		return p.agent.config.Client.CoreV1().Pods(p.first.Namespace).Delete(ctx, p.first.Name, *options)
	})
}

// insist repeats a request until it succeeds or has become pointless.
func (p *pod) insist(ctx context.Context, what string, request func(context.Context) error) {
	for wait := poll; !p.isGone(); wait = min(2*wait, maxRetry) {
		requestCtx, cancel := context.WithTimeout(ctx, requestTimeout)
		err := request(requestCtx)
		cancel()
		// Conflict: another pod has the name now.
		if err == nil || apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
			return
		}
		if ctx.Err() != nil {
			return
		}
		p.log.Warn("The API server refuses", "what", what, "error", err)
		if apierrors.IsInvalid(err) || !sleep(ctx, wait) {
			return
		}
	}
}

// writeStatus patches the pod's status if it differs from what was written last.
func (p *pod) writeStatus(ctx context.Context) error {
	p.mu.Lock()
	old := p.published
	status := podStatus(p.newest, old, p.state(), metav1.Now())
	p.mu.Unlock()
	if equality.Semantic.DeepEqual(old, status) {
		return nil
	}
	patch, err := statusPatch(p.first.UID, old, status)
	if err != nil {
		return err
	}
	answer, err := p.agent.config.Client.CoreV1().Pods(p.first.Namespace).Patch(
		ctx, p.first.Name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status")
	if err != nil {
		return err
	}
	p.mu.Lock()
	p.published = answer.Status
	p.mu.Unlock()
	return nil
}

// statusPatch is the difference of two statuses. The UID makes it a conflict for
// another pod of the same name.
func statusPatch(uid types.UID, old, status corev1.PodStatus) ([]byte, error) {
	before, err := json.Marshal(corev1.Pod{Status: old})
	if err != nil {
		return nil, fmt.Errorf("encode the pod's old status: %w", err)
	}
	after, err := json.Marshal(corev1.Pod{ObjectMeta: metav1.ObjectMeta{UID: uid}, Status: status})
	if err != nil {
		return nil, fmt.Errorf("encode the pod's status: %w", err)
	}
	patch, err := strategicpatch.CreateTwoWayMergePatch(before, after, corev1.Pod{})
	if err != nil {
		return nil, fmt.Errorf("compare the pod's statuses: %w", err)
	}
	return patch, nil
}

// state is what the pod's status is made from. p.mu is held.
func (p *pod) state() podState {
	s := podState{
		begun:     p.begun,
		host:      p.agent.config.Address,
		addresses: p.addresses,
		attached:  p.attached,
		ending:    p.end.asked.Err() != nil,
	}
	for _, c := range p.containers {
		s.containers = append(s.containers, *c.status.DeepCopy())
	}
	return s
}
