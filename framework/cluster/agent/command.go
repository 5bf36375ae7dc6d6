package agent

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// command is the command line of a container. An image's first word is its
// program and the others are the arguments that it has by default; command and
// args of the container replace them as they do anywhere. A command whose base
// name is the program's means the program, wherever the image would have it:
// ["/agnhost", "netexec"].
func command(images map[string][]string, container *corev1.Container, env variables) ([]string, error) {
	image, ok := images[container.Image]
	if !ok || len(image) == 0 {
		return nil, &refusal{reason: reasonNoImage, message: fmt.Sprintf(
			"the lab has no program for image %q; it knows %s", container.Image,
			strings.Join(slices.Sorted(maps.Keys(images)), ", "))}
	}
	entrypoint, args := image[:1], image[1:]
	if len(container.Command) > 0 {
		entrypoint, args = container.Command, nil
	}
	if len(container.Args) > 0 {
		args = container.Args
	}
	argv := make([]string, 0, len(entrypoint)+len(args))
	for _, word := range slices.Concat(entrypoint, args) {
		argv = append(argv, expand(word, env))
	}
	argv[0] = program(image, argv[0])
	return argv, nil
}

// program is the path of an image's program if name means it, else name.
func program(image []string, name string) string {
	if len(image) > 0 && path.Base(name) == path.Base(image[0]) {
		return image[0]
	}
	return name
}

// lookPath finds a program in the PATH of env. Unlike exec.LookPath it does not
// look at the agent's own environment.
func lookPath(name string, env variables) (string, error) {
	if strings.Contains(name, "/") {
		return name, nil
	}
	list, _ := env.lookup("PATH")
	for _, folder := range filepath.SplitList(list) {
		file := filepath.Join(folder, name)
		info, err := os.Stat(file)
		if err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return file, nil
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("look for program %s: %w", name, err)
		}
	}
	return "", fmt.Errorf("program %s is not in the container's PATH (%s): %w", name, list, fs.ErrNotExist)
}
