package oracle

import "fmt"

// Refusal is what a Calico resource asks for and the oracle does not support.
type Refusal struct {
	// Kind and Name are the resource's.
	Kind, Name string
	// Path is the field's in the resource (`spec.peerIP`), as far as it is one field.
	Path string
	// Err says what is refused and what to do.
	Err error
}

// Error names the resource.
func (r *Refusal) Error() string { return fmt.Sprintf("oracle: %s %s: %v", r.Kind, r.Name, r.Err) }

// Unwrap returns the error without the resource.
func (r *Refusal) Unwrap() error { return r.Err }

func refuse(kind, name, path, format string, args ...any) error {
	return &Refusal{Kind: kind, Name: name, Path: path, Err: fmt.Errorf(format, args...)}
}
