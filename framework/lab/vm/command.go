package vm

import (
	"encoding/json"
	"fmt"
)

// Command is a program to run inside.
type Command struct {
	// Argv is the program, by its path, and its arguments.
	Argv []string `json:"argv"`
	// Env is the whole environment.
	Env []string `json:"env"`
	// Dir is the working directory.
	Dir string `json:"dir"`
}

// encode makes of a command what an SSH request for its execution carries.
func (c Command) encode() (string, error) {
	data, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("encode the command %v: %w", c.Argv, err)
	}
	return string(data), nil
}

// decodeCommand is the inverse of encode.
func decodeCommand(text string) (Command, error) {
	var c Command
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return c, fmt.Errorf("read the command: %w", err)
	}
	if len(c.Argv) == 0 {
		return c, fmt.Errorf("read the command: it names no program")
	}
	return c, nil
}
