package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

//go:embed packages.py
var listPackages string

// GetRequiredPackages returns the plugins that the program's environment requires. It creates the environment if the
// project names one that does not exist.
func (h *host) GetRequiredPackages(
	ctx context.Context, request *pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	python, err := pythonOf(request.GetInfo(), false)
	if err != nil {
		return nil, err
	}
	directory := request.GetInfo().GetProgramDirectory()
	err = python.EnsureVenv(ctx, directory, false /*useLanguageVersionTools*/, true /*showOutput*/, os.Stdout, os.Stderr)
	if err != nil {
		return nil, err
	}
	command, err := python.Command(ctx, "-c", listPackages)
	if err != nil {
		return nil, err
	}
	command.Dir = directory
	listed, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("listing the Pulumi packages of %s: %w%s", command.Path, err, standardError(err))
	}
	var plugins []plugin.PulumiPluginJSON
	if err := json.Unmarshal(listed, &plugins); err != nil {
		return nil, fmt.Errorf("listing the Pulumi packages of %s: %w", command.Path, err)
	}
	required := make([]*pulumirpc.PackageDependency, len(plugins))
	for i, described := range plugins {
		required[i] = &pulumirpc.PackageDependency{
			Name:             described.Name,
			Kind:             "resource",
			Version:          described.Version,
			Server:           described.Server,
			Parameterization: parameterization(described.Parameterization),
			Extension:        parameterization(described.ExtensionParameterization),
		}
	}
	return &pulumirpc.GetRequiredPackagesResponse{Packages: required}, nil
}

func parameterization(described *plugin.PulumiParameterizationJSON) *pulumirpc.PackageParameterization {
	if described == nil {
		return nil
	}
	return &pulumirpc.PackageParameterization{
		Name: described.Name, Version: described.Version, Value: described.Value,
	}
}

// standardError returns what a failed command wrote to standard error.
func standardError(err error) string {
	var failed *exec.ExitError
	if errors.As(err, &failed) && len(failed.Stderr) > 0 {
		return ": " + strings.TrimSpace(string(failed.Stderr))
	}
	return ""
}

// GetProgramDependencies returns the installed Python packages for `pulumi about`.
func (h *host) GetProgramDependencies(
	ctx context.Context, request *pulumirpc.GetProgramDependenciesRequest,
) (*pulumirpc.GetProgramDependenciesResponse, error) {
	python, err := pythonOf(request.GetInfo(), false)
	if err != nil {
		return nil, err
	}
	packages, err := python.ListPackages(ctx, request.GetTransitiveDependencies())
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.GetProgramDependenciesResponse{}
	for _, installed := range packages {
		response.Dependencies = append(response.Dependencies,
			&pulumirpc.DependencyInfo{Name: installed.Name, Version: installed.Version})
	}
	return response, nil
}
