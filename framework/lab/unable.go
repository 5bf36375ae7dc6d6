package lab

import (
	"errors"
	"fmt"
)

// ErrUnable is in every error that says that a lab, a host or this machine lacks what was
// asked of it. It is no fault of what is being tested: a spec that meets it has the verdict
// unable, wherever it appears.
var ErrUnable = errors.New("unable")

// ofLab finds a capability of a lab; what names it.
func ofLab[T any](l Lab, what string) (T, error) {
	found, ok := l.(T)
	if !ok {
		return found, fmt.Errorf("%s of lab %s: %w: provider %s does not support it", what, l.Name(), ErrUnable, l.Provider())
	}
	return found, nil
}

// ofHost finds a capability of a host, or of one that it wraps; what names it.
func ofHost[T any](h Host, what string) (T, error) {
	for at := h; ; {
		if found, ok := at.(T); ok {
			return found, nil
		}
		wrapper, ok := at.(interface{ Unwrap() Host })
		if !ok {
			var none T
			return none, fmt.Errorf("%s on %s of lab %s: %w: the host does not support it", what, h.Name(), h.Lab(), ErrUnable)
		}
		at = wrapper.Unwrap()
	}
}
