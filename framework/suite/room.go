package suite

import "context"

// makeRoom takes the suite's other labs of a crowded provider down before one is brought up
// there. A spec that needs one of them again gets a new one.
func (l *Lab) makeRoom(ctx context.Context) error {
	if !l.provider.Crowded() {
		return nil
	}
	for _, other := range l.suite.labs {
		if other == l || other.provider.Name() != l.provider.Name() || other.running == nil || other.attached || other.failed && l.suite.options.keep {
			continue
		}
		if err := other.down(ctx, false); err != nil {
			return err
		}
		other.forget()
		other.gate.isUp = false
	}
	return nil
}
