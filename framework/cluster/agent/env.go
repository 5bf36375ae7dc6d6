package agent

import (
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

// environment is a container's environment: base, HOSTNAME, and the values of its spec. A
// value may refer to variables before it as $(NAME).
func environment(base []string, place Place, container *corev1.Container) variables {
	env := append(variables{}, base...)
	if place.Hostname != "" {
		env = append(env, "HOSTNAME="+place.Hostname)
	}
	for _, v := range container.Env {
		env = append(env, v.Name+"="+expand(v.Value, env))
	}
	return env
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
