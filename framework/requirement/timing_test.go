package requirement

import (
	"testing"
	"time"
)

func TestMargin(t *testing.T) {
	if margin, ok := Margin(append([]string{"IPIP-070"}, Timing(300*time.Millisecond)...)); !ok || margin != 300*time.Millisecond {
		t.Errorf("got %v, %v", margin, ok)
	}
	if _, ok := Margin([]string{"IPIP-070", "margin:long"}); ok {
		t.Error("a margin that is no duration is one")
	}
}
