package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/pulumi/pulumi/sdk/v3/python/toolchain"
)

// RunPlugin runs a plugin that is written in Python (PulumiPlugin.yaml, runtime: python): the program in its folder or
// the components of an installable package; or a policy pack.
func (h *host) RunPlugin(request *pulumirpc.RunPluginRequest, stream pulumirpc.LanguageRuntime_RunPluginServer) error {
	if request.GetAttachDebugger() {
		return errors.New("this Python language host does not support debugging; run without --attach-debugger")
	}
	if request.GetKind() == "analyzer" {
		return h.runPolicyPack(request, stream)
	}
	python, err := pythonOf(request.GetInfo(), true)
	if err != nil {
		return err
	}
	if err := python.ValidateVenv(stream.Context()); err != nil {
		return err
	}
	arguments, err := pluginArguments(request.GetInfo().GetProgramDirectory())
	if err != nil {
		return err
	}

	closer, stdout, stderr, err := rpcutil.MakeRunPluginStreams(stream, false /*isTerminal*/)
	if err != nil {
		return err
	}
	running, done := h.until(stream.Context())
	defer done()
	command, err := python.Command(running, append(arguments, request.GetArgs()...)...)
	if err != nil {
		return errors.Join(err, closer.Close())
	}
	command.Dir = request.GetPwd()
	command.Stdout, command.Stderr = stdout, stderr
	interruptible(command, request.GetEnv())
	return ended(stream, command.Run(), closer)
}

// ended reports the exit code of a plugin and closes its output.
func ended(stream pulumirpc.LanguageRuntime_RunPluginServer, err error, output io.Closer) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code := &pulumirpc.RunPluginResponse_Exitcode{Exitcode: int32(exit.ExitCode())}
		err = stream.Send(&pulumirpc.RunPluginResponse{Output: code})
	}
	return errors.Join(err, output.Close())
}

// pluginArguments returns the Python arguments that start the plugin in a folder.
func pluginArguments(folder string) ([]string, error) {
	if _, err := os.Stat(filepath.Join(folder, "__main__.py")); err == nil {
		return []string{"-u", folder}, nil
	}
	installable, err := toolchain.IsBuildablePackage(folder)
	if err != nil {
		return nil, err
	}
	if !installable {
		return nil, fmt.Errorf("%s is not a plugin: expected __main__.py or a pyproject.toml with a build system", folder)
	}
	project, err := toolchain.LoadPyproject(folder)
	if err != nil {
		return nil, err
	}
	return []string{"-u", "-m", "pulumi.run.plugin", project.Project.Name}, nil
}
