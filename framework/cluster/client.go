package cluster

import (
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
)

// withoutCodec is a configuration for requests to paths that no API group has.
func withoutCodec(config *rest.Config) *rest.Config {
	raw := rest.CopyConfig(config)
	raw.GroupVersion = &schema.GroupVersion{}
	raw.NegotiatedSerializer = scheme.Codecs.WithoutConversion()
	return raw
}
