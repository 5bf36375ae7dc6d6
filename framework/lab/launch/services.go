package launch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"

	"github.com/rackproof/rackproof/framework/lab"
)

// attemptTimeout bounds one connection to a service that may not be in the rules yet.
const attemptTimeout = time.Second

// waitForServices waits until every node reaches the API server by its service, which takes
// kube-proxy's rules. kube-proxy starts some fifty programs before, with which a spec would
// compete for the processor.
func waitForServices(ctx context.Context, l lab.Lab) error {
	client, err := kubernetes.NewForConfig(l.Kubernetes())
	if err != nil {
		return err
	}
	service, err := client.CoreV1().Services(metav1.NamespaceDefault).Get(ctx, "kubernetes", metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("find the API server's service: %w", err)
	}
	address := net.JoinHostPort(service.Spec.ClusterIP, strconv.Itoa(int(service.Spec.Ports[0].Port)))
	for _, node := range l.Topology().Nodes() {
		host, err := l.Host(node.Name)
		if err != nil {
			return err
		}
		dialer, err := lab.DialerOf(host)
		if errors.Is(err, lab.ErrUnable) {
			continue // nobody can connect there
		}
		if err != nil {
			return err
		}
		var last error
		err = wait.PollUntilContextCancel(ctx, poll, true, func(ctx context.Context) (bool, error) {
			attempt, cancel := context.WithTimeout(ctx, attemptTimeout)
			defer cancel()
			var connection net.Conn
			if connection, last = dialer.DialContext(attempt, "tcp", address); last != nil {
				return false, nil
			}
			return true, connection.Close()
		})
		if err != nil {
			return fmt.Errorf("%s: wait until the API server's service %s answers (the log of kube-proxy tells what it does): %w: %w", node.Name, address, context.Cause(ctx), last)
		}
	}
	return nil
}
