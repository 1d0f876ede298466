package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

//go:embed about.py
var describeInterpreter string

// interpreter is what about.py prints.
type interpreter struct {
	Executable string `json:"executable"`
	Version    string `json:"version"`
	Pip        string `json:"pip"`
}

// About returns the interpreter for `pulumi about`, and for the metadata of an update, which the engine collects
// before it begins. The toolchain's own About starts Python three times; `pip --version` alone takes 0.2 s.
func (h *host) About(ctx context.Context, request *pulumirpc.AboutRequest) (*pulumirpc.AboutResponse, error) {
	python, err := pythonOf(request.GetInfo(), false)
	if err != nil {
		return nil, err
	}
	command, err := python.Command(ctx, "-c", describeInterpreter)
	if err != nil {
		return nil, err
	}
	printed, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("describing the interpreter %s: %w%s", command.Path, err, standardError(err))
	}
	var found interpreter
	if err := json.Unmarshal(printed, &found); err != nil {
		return nil, fmt.Errorf("describing the interpreter %s: %w", command.Path, err)
	}
	response := &pulumirpc.AboutResponse{Executable: found.Executable, Version: found.Version}
	if found.Pip != "" {
		response.Metadata = map[string]string{"pipVersion": found.Pip}
	}
	return response, nil
}
