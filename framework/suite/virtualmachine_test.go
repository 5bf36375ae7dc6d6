package suite

import "testing"

func TestMachineNamesAreLabNames(t *testing.T) {
	for program, want := range map[string]string{
		"ipip.test": "uml-ipip", "IPIP.test": "uml-ipip", "__debug_bin123": "uml-debug-bin123", "modeswitch-ipip-and-much-more.test": "uml-modeswitch-ipip-and-",
	} {
		if got := machineName(program); got != want {
			t.Errorf("%s: got %s, want %s", program, got, want)
		}
	}
}
