package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	"github.com/pulumi/pulumi/sdk/v3/go/common/version"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/pulumi/pulumi/sdk/v3/python/toolchain"
)

const (
	// exitShown is the exit code of pulumi-language-python-exec after it has reported the error itself.
	exitShown = 32

	// grace is how long an interrupted program has to exit before it is killed. The engine kills this host, and
	// reports an error, 5 s after interrupting it (sdk/go/common/resource/plugin/plugin.go, ExecPlugin).
	grace = 2 * time.Second
)

// host is the language runtime. Each Run starts one Python process.
type host struct {
	pulumirpc.UnimplementedLanguageRuntimeServer

	executor      string
	engineAddress string
	// programs is cancelled when the engine cancels the operation or when this process is stopped.
	programs context.Context
	cancel   context.CancelFunc
}

func newHost(life context.Context, executor, engineAddress string) *host {
	programs, cancel := context.WithCancel(life)
	return &host{executor: executor, engineAddress: engineAddress, programs: programs, cancel: cancel}
}

// Handshake receives the engine's address when the engine did not start this host (PULUMI_DEBUG_LANGUAGES).
func (h *host) Handshake(
	_ context.Context, request *pulumirpc.LanguageHandshakeRequest,
) (*pulumirpc.LanguageHandshakeResponse, error) {
	h.engineAddress = request.GetEngineAddress()
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

func (h *host) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: version.Version}, nil
}

// Cancel interrupts the running programs as Ctrl-C does.
func (h *host) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	h.cancel()
	return &emptypb.Empty{}, nil
}

// Run runs the program until it exits. An error that the program has already reported becomes a bail; any other
// failure is reported with its exit code.
func (h *host) Run(ctx context.Context, request *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	if request.GetAttachDebugger() {
		return nil, errors.New("this Python language host does not support debugging; run without --attach-debugger")
	}
	python, err := pythonOf(request.GetInfo(), false)
	if err != nil {
		return nil, err
	}
	if err := python.ValidateVenv(ctx); err != nil {
		return nil, err
	}
	settings, err := configuration(request)
	if err != nil {
		return nil, err
	}

	running, done := h.until(ctx)
	defer done()
	// -u: output appears when it is printed, not when the program exits.
	program, err := python.Command(running, append([]string{"-u", h.executor}, h.arguments(request)...)...)
	if err != nil {
		return nil, err
	}
	program.Stdout, program.Stderr = os.Stdout, os.Stderr // the engine shows both line by line
	interruptible(program, settings)
	return outcome(program.Run())
}

// outcome converts the program's exit status to a RunResponse.
func outcome(err error) (*pulumirpc.RunResponse, error) {
	var ended *exec.ExitError
	switch {
	case err == nil:
		return &pulumirpc.RunResponse{}, nil
	case !errors.As(err, &ended):
		return nil, fmt.Errorf("could not run the program: %w", err)
	case ended.ExitCode() == exitShown:
		return &pulumirpc.RunResponse{Bail: true}, nil
	case ended.ExitCode() < 0:
		return &pulumirpc.RunResponse{Error: "program terminated by a signal: " + ended.Error()}, nil
	default:
		return &pulumirpc.RunResponse{Error: "program exited with non-zero exit code: " + strconv.Itoa(ended.ExitCode())}, nil
	}
}

// until returns a context that is cancelled with the request or with all programs, whichever comes first.
func (h *host) until(request context.Context) (context.Context, func()) {
	running, cancel := context.WithCancel(h.programs)
	unhook := context.AfterFunc(request, cancel)
	return running, func() { unhook(); cancel() }
}

// interruptible interrupts the command when its context is cancelled and kills it only after the grace period.
func interruptible(command *exec.Cmd, settings []string) {
	if command.Env == nil {
		command.Env = os.Environ()
	}
	command.Env = append(command.Env, settings...)
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = grace
}

// arguments returns the command line of pulumi-language-python-exec.
func (h *host) arguments(request *pulumirpc.RunRequest) []string {
	arguments := []string{
		"--monitor", request.GetMonitorAddress(),
		"--engine", h.engineAddress,
		"--project", request.GetProject(),
		"--stack", request.GetStack(),
		"--organization", request.GetOrganization(),
		"--root_directory", request.GetInfo().GetRootDirectory(),
		"--pwd", request.GetPwd(),
		"--parallel", strconv.Itoa(int(request.GetParallel())),
		"--dry_run", strconv.FormatBool(request.GetDryRun()),
		request.GetInfo().GetEntryPoint(),
	}
	return append(arguments, request.GetArgs()...)
}

// configured is a request that contains the stack's configuration.
type configured interface {
	GetConfig() map[string]string
	GetConfigSecretKeys() []string
}

// configuration returns the stack's configuration as the environment variables that the Python SDK reads.
func configuration(request configured) ([]string, error) {
	values, keys := request.GetConfig(), request.GetConfigSecretKeys()
	if values == nil {
		values = map[string]string{} // an empty map arrives as nil, which would be encoded as null
	}
	if keys == nil {
		keys = []string{}
	}
	config, err := json.Marshal(values)
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	secret, err := json.Marshal(keys)
	if err != nil {
		return nil, fmt.Errorf("secret configuration keys: %w", err)
	}
	return []string{"PULUMI_CONFIG=" + string(config), "PULUMI_CONFIG_SECRET_KEYS=" + string(secret)}, nil
}

// pythonOf returns the interpreter of the project: its virtualenv or package manager, then PULUMI_PYTHON_CMD, then
// python3 on PATH.
func pythonOf(program *pulumirpc.ProgramInfo, isPlugin bool) (toolchain.Toolchain, error) {
	options := toolchain.PythonOptions{Root: program.GetRootDirectory(), ProgramDir: program.GetProgramDirectory()}
	for key, value := range program.GetOptions().AsMap() {
		text, ok := value.(string)
		if !ok {
			return nil, fmt.Errorf("Pulumi.yaml: runtime option %s: expected a string, got %v", key, value)
		}
		switch key {
		case "virtualenv":
			options.Virtualenv = text
		case "toolchain":
			switch text {
			case "pip":
				options.Toolchain = toolchain.Pip
			case "poetry":
				options.Toolchain = toolchain.Poetry
			case "uv":
				options.Toolchain = toolchain.Uv
			default:
				return nil, fmt.Errorf("Pulumi.yaml: runtime option toolchain: expected pip, poetry or uv, got %s", text)
			}
		default:
			return nil, fmt.Errorf("Pulumi.yaml: runtime option %s: expected virtualenv or toolchain", key)
		}
	}
	if isPlugin && options.Virtualenv == "" && (options.Toolchain == toolchain.Auto || options.Toolchain == toolchain.Pip) {
		options.Virtualenv = "venv" // like the stock host: a plugin never uses the ambient interpreter
	}
	return toolchain.ResolveToolchain(options)
}

// InstallDependencies serves `pulumi install`: it installs the dependencies of requirements.txt or of the project's
// package manager.
func (h *host) InstallDependencies(
	request *pulumirpc.InstallDependenciesRequest, stream pulumirpc.LanguageRuntime_InstallDependenciesServer,
) error {
	python, err := pythonOf(request.GetInfo(), request.GetIsPlugin())
	if err != nil {
		return err
	}
	closer, stdout, stderr, err := rpcutil.MakeInstallDependenciesStreams(stream, request.GetIsTerminal())
	if err != nil {
		return err
	}
	directory := request.GetInfo().GetProgramDirectory()
	err = python.InstallDependencies(
		stream.Context(), directory, request.GetUseLanguageVersionTools(), true /*showOutput*/, stdout, stderr)
	return errors.Join(err, closer.Close())
}

// RuntimeOptionsPrompts returns no prompts: the defaults are correct for the programs that this host runs.
func (h *host) RuntimeOptionsPrompts(
	context.Context, *pulumirpc.RuntimeOptionsRequest,
) (*pulumirpc.RuntimeOptionsResponse, error) {
	return &pulumirpc.RuntimeOptionsResponse{}, nil
}
