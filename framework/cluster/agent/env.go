package agent

import (
	"net/netip"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// variables are a container's environment, each as NAME=value; of two with the
// same name the later one counts.
type variables []string

// lookup finds a variable's value.
func (v variables) lookup(name string) (string, bool) {
	for _, variable := range slices.Backward(v) {
		if n, value, _ := strings.Cut(variable, "="); n == name {
			return value, true
		}
	}
	return "", false
}

// podAddresses are the addresses that a pod's fields tell its containers.
type podAddresses struct {
	host netip.Addr
	pod  []netip.Addr
}

// environment is a container's environment: base, HOSTNAME, and what its spec
// adds. A value may refer to variables before it as $(NAME).
func environment(base []string, place Place, pod *corev1.Pod, addresses podAddresses, container *corev1.Container) (variables, error) {
	env := append(variables{}, base...)
	if place.Hostname != "" {
		env = append(env, "HOSTNAME="+place.Hostname)
	}
	for _, v := range container.Env {
		value := expand(v.Value, env)
		if v.ValueFrom != nil {
			if v.ValueFrom.FieldRef == nil {
				return nil, configError("environment variable %s: the lab's node agent knows values and fieldRef only", v.Name)
			}
			var known bool
			if value, known = field(v.ValueFrom.FieldRef.FieldPath, pod, addresses); !known {
				return nil, configError("environment variable %s: the lab's node agent does not know field %s",
					v.Name, v.ValueFrom.FieldRef.FieldPath)
			}
		}
		env = append(env, v.Name+"="+value)
	}
	return env, nil
}

// field is the value of a field of the downward API
// (kubernetes.io/docs/concepts/workloads/pods/downward-api).
func field(path string, pod *corev1.Pod, addresses podAddresses) (value string, known bool) {
	if name, key, ok := strings.Cut(strings.TrimSuffix(path, "']"), "['"); ok {
		switch name {
		case "metadata.labels":
			return pod.Labels[key], true
		case "metadata.annotations":
			return pod.Annotations[key], true
		}
		return "", false
	}
	switch path {
	case "metadata.name":
		return pod.Name, true
	case "metadata.namespace":
		return pod.Namespace, true
	case "metadata.uid":
		return string(pod.UID), true
	case "spec.nodeName":
		return pod.Spec.NodeName, true
	case "spec.serviceAccountName":
		return pod.Spec.ServiceAccountName, true
	case "status.hostIP", "status.hostIPs":
		return addresses.host.String(), true
	case "status.podIP":
		if len(addresses.pod) == 0 {
			return "", true
		}
		return addresses.pod[0].String(), true
	case "status.podIPs":
		texts := make([]string, len(addresses.pod))
		for i, addr := range addresses.pod {
			texts[i] = addr.String()
		}
		return strings.Join(texts, ","), true
	}
	return "", false
}

// expand replaces $(NAME) by the variable's value and $$ by $, and leaves a
// reference to an unknown variable as it is: the rules of Kubernetes' API
// reference for command, args and env.
func expand(text string, env variables) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(text, '$')
		if i < 0 || i+1 == len(text) {
			return b.String() + text
		}
		b.WriteString(text[:i])
		rest := text[i+1:]
		switch end := strings.IndexByte(rest, ')'); {
		case rest[0] == '$':
			b.WriteByte('$')
			text = rest[1:]
		case rest[0] == '(' && end > 0:
			reference := rest[:end+1]
			if value, ok := env.lookup(rest[1:end]); ok {
				b.WriteString(value)
			} else {
				b.WriteString("$" + reference)
			}
			text = rest[end+1:]
		default:
			b.WriteByte('$')
			text = rest
		}
	}
}
