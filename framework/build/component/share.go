package component

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// copyShare copies files out of go's module cache, so that a later run needs
// neither go nor its caches.
func (i installed) copyShare(ctx context.Context, tool tool, source string, share Share) error {
	output, err := tool.run(ctx, source, "list", "-m", "-f", "{{.Dir}}", share.Module)
	if err != nil {
		return err
	}
	module := strings.TrimSpace(string(output))
	if module == "" {
		return fmt.Errorf("module %s is not in go's module cache", share.Module)
	}
	from := filepath.Join(module, filepath.FromSlash(share.Folder))
	for _, pattern := range share.Files {
		matches, err := filepath.Glob(filepath.Join(from, filepath.FromSlash(pattern)))
		if err != nil {
			return fmt.Errorf("pattern %q: %w", pattern, err)
		}
		if len(matches) == 0 {
			return fmt.Errorf("no file matches %s in %s", pattern, from)
		}
		for _, match := range matches {
			relative, err := filepath.Rel(from, match)
			if err != nil {
				return err
			}
			if err := copyFile(match, filepath.Join(i.share(share.Name), relative)); err != nil {
				return err
			}
		}
	}
	return nil
}

// copyFile copies content only: files of the module cache are read-only, their
// copies are not.
func copyFile(from, to string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, content, 0o644)
}
