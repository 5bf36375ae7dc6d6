package main

import (
	"context"
	"strings"

	"github.com/rackproof/rackproof/framework/lab"
)

// placeOf finds a host of a lab by its name, or a pod by NAMESPACE/POD.
func placeOf(ctx context.Context, l lab.Lab, name string) (lab.Host, error) {
	if namespace, pod, ok := strings.Cut(name, "/"); ok {
		enterer, err := lab.PodEntererOf(l)
		if err != nil {
			return nil, err
		}
		return enterer.Pod(ctx, namespace, pod)
	}
	return l.Host(name)
}
