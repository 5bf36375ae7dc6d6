package suite

import (
	"context"

	"github.com/rackproof/rackproof/framework/lab/launch"
)

// makeRoom takes the suite's other labs on kind down before one is brought up there:
// each has Kubernetes' programs on every node, which compute also when nothing happens,
// and several GiB. A spec that needs one of them again gets a new one.
func (l *Lab) makeRoom(ctx context.Context) error {
	if l.provider != launch.KindProvider {
		return nil
	}
	for _, other := range l.suite.labs {
		if other == l || other.provider != launch.KindProvider || other.running == nil || other.attached || other.failed && l.suite.options.keep {
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
