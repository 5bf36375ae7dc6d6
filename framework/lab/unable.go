package lab

import "errors"

// ErrUnable is in every error that says that a lab, a host or this machine lacks what was
// asked of it. It is no fault of what is being tested: a spec that meets it has the verdict
// unable, wherever it appears.
var ErrUnable = errors.New("unable")
