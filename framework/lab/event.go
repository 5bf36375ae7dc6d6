package lab

// Event is a piece of news of a lab that is being brought up, or that lives.
type Event struct {
	// Phase begins or, with Done, ends.
	Phase string `json:"phase,omitempty"`
	Done  bool   `json:"done,omitempty"`
	// Seconds is how long a phase took that is done.
	Seconds float64 `json:"seconds,omitempty"`
	// Ready says that every component runs.
	Ready bool `json:"ready,omitempty"`
	// Error is what a phase, the lab or a component ended with.
	Error string `json:"error,omitempty"`
}
