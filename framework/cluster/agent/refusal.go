package agent

// refusal is why a container is not started. Reason is one of the kubelet's
// (pkg/kubelet/images/types.go, pkg/kubelet/kuberuntime), for those who look at
// container statuses by it.
type refusal struct{ reason, message string }

func (r *refusal) Error() string { return r.message }

const (
	reasonConfigError = "CreateContainerConfigError"
	reasonNoImage     = "ErrImageNeverPull"
)
