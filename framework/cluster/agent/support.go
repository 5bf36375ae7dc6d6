package agent

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Support is a group of fields of a pod's spec that the agent accepts.
type Support struct {
	// Fields are paths below spec. A field covers all below it.
	Fields []string
	// Effect is what the agent does with them.
	Effect string
}

// Supported lists every field that a pod's spec may have. The agent refuses a pod that
// sets another one.
func Supported() []Support {
	return []Support{
		{[]string{"containers[].name", "containers[].image", "containers[].command", "containers[].args"},
			"A container is a process. Its image stands for a program of the lab."},
		{[]string{"containers[].env[].name", "containers[].env[].value"}, "Values, which may refer to earlier ones as $(NAME)."},
		{[]string{"containers[].ports[].containerPort", "containers[].ports[].name", "containers[].ports[].protocol"}, "None: a port is a hint."},
		{[]string{"containers[].readinessProbe.httpGet.path", "containers[].readinessProbe.httpGet.port", "containers[].readinessProbe.httpGet.scheme"},
			"A GET by HTTP of the pod's address. The port is a number."},
		{[]string{
			"containers[].readinessProbe.initialDelaySeconds", "containers[].readinessProbe.timeoutSeconds", "containers[].readinessProbe.periodSeconds",
			"containers[].readinessProbe.successThreshold", "containers[].readinessProbe.failureThreshold",
		}, "As a kubelet's, with extra probes in the first period."},
		{[]string{"readinessGates", "terminationGracePeriodSeconds"}, "As a kubelet's."},
		{[]string{"restartPolicy"}, "Always, with the kubelet's back-off."},
		{[]string{"hostNetwork"}, "The pod is in the node's network namespace."},
		{[]string{
			"nodeName", "nodeSelector", "affinity", "tolerations", "topologySpreadConstraints", "schedulerName", "priority", "priorityClassName",
			"preemptionPolicy", "containers[].resources.requests",
		}, "The scheduler uses them."},
		{[]string{
			"dnsPolicy", "enableServiceLinks", "serviceAccountName", "serviceAccount", "automountServiceAccountToken",
			"containers[].imagePullPolicy", "containers[].terminationMessagePath", "containers[].terminationMessagePolicy", "containers[].resizePolicy",
		}, "None: the API server sets them by default."},
	}
}

// unsupported finds a field of a pod's spec that the agent does not support. It returns
// nil if there is none.
func unsupported(pod *corev1.Pod) error {
	fields := []string{}
	for _, s := range Supported() {
		fields = append(fields, s.Fields...)
	}
	if pod.Spec.HostNetwork {
		// The API server sets it to the container's port.
		fields = append(fields, "containers[].ports[].hostPort")
	}
	cause := unknownValue(&pod.Spec)
	if path := unknownField(reflect.ValueOf(pod.Spec), "", fields); path != "" {
		cause = "does not support " + path
	}
	if cause == "" {
		return nil
	}
	return &refusal{reason: reasonConfigError, message: fmt.Sprintf(
		"run pod %s/%s: the lab's node agent %s (docs/differences.md lists the fields that a pod may have)", pod.Namespace, pod.Name, cause)}
}

// unknownField is the path of the first field that is set and that no supported field
// covers, or empty.
func unknownField(v reflect.Value, path string, supported []string) string {
	if v.Kind() == reflect.Pointer && v.Type().Elem().Kind() == reflect.Struct {
		v = v.Elem()
	}
	pattern := indices(path)
	below := func(field string) bool {
		return path == "" || strings.HasPrefix(field, pattern+".") || strings.HasPrefix(field, pattern+"[]")
	}
	switch {
	case !v.IsValid(), v.IsZero(), slices.Contains(supported, pattern):
		return ""
	case v.Kind() == reflect.Slice && v.Len() == 0, v.Kind() == reflect.Map && v.Len() == 0:
		return ""
	case !slices.ContainsFunc(supported, below):
		return path
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			if unknown := unknownField(v.Index(i), fmt.Sprintf("%s[%d]", path, i), supported); unknown != "" {
				return unknown
			}
		}
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			field := strings.TrimPrefix(path+"."+name, ".")
			if name == "" {
				field = path // an inlined struct
			}
			if unknown := unknownField(v.Field(i), field, supported); unknown != "" {
				return unknown
			}
		}
	}
	return ""
}

// indices replaces each index of a path with [].
func indices(path string) string {
	var b strings.Builder
	for i, part := range strings.Split(path, "[") {
		if i > 0 {
			_, part, _ = strings.Cut(part, "]")
			b.WriteString("[]")
		}
		b.WriteString(part)
	}
	return b.String()
}

// unknownValue describes a value that the agent does not support in a field that it
// supports, or is empty.
func unknownValue(spec *corev1.PodSpec) string {
	if spec.RestartPolicy != "" && spec.RestartPolicy != corev1.RestartPolicyAlways {
		return fmt.Sprintf("does not support restartPolicy %s", spec.RestartPolicy)
	}
	for i, c := range spec.Containers {
		if c.ReadinessProbe == nil {
			continue
		}
		path := fmt.Sprintf("containers[%d].readinessProbe", i)
		switch get := c.ReadinessProbe.HTTPGet; {
		case get == nil:
			return "wants httpGet in " + path
		case get.Port.Type == intstr.String:
			return fmt.Sprintf("wants a number in %s.httpGet.port, not %q", path, get.Port.StrVal)
		case get.Scheme != "" && get.Scheme != corev1.URISchemeHTTP:
			return fmt.Sprintf("does not support scheme %s in %s.httpGet", get.Scheme, path)
		}
	}
	return ""
}
