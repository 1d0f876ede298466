package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	sdk "github.com/pulumi/pulumi/sdk/v3"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// runPolicyPack runs a policy pack (PulumiPolicy.yaml, runtime: python) as the stock host does: with the interpreter of
// its virtualenv or the ambient one, in its own folder. The stack's settings are environment variables of the pack, which
// therefore starts when the engine has sent them; the SDK's proxy answers the engine until then.
func (h *host) runPolicyPack(
	request *pulumirpc.RunPluginRequest, stream pulumirpc.LanguageRuntime_RunPluginServer,
) error {
	python, err := pythonOf(request.GetInfo(), false)
	if err != nil {
		return err
	}
	if err := python.ValidateVenv(stream.Context()); err != nil {
		return err
	}
	closer, stdout, stderr, err := rpcutil.MakeRunPluginStreams(stream, false /*isTerminal*/)
	if err != nil {
		return err
	}
	running, done := h.until(stream.Context())
	defer done()
	proxy, output, err := sdk.NewPolicyProxy(running, stdout)
	if err != nil {
		return errors.Join(err, closer.Close())
	}
	stack, err := proxy.AwaitConfiguration(running)
	if err != nil {
		return errors.Join(fmt.Errorf("waiting for the stack's settings: %w", err), closer.Close())
	}
	settings, err := stackSettings(stack)
	if err != nil {
		return errors.Join(err, closer.Close())
	}

	folder := request.GetInfo().GetProgramDirectory()
	arguments := append([]string{"-u", "-m", "pulumi.policy"}, request.GetArgs()...)
	pack, err := python.Command(running, append(arguments, folder)...)
	if err != nil {
		return errors.Join(err, closer.Close())
	}
	pack.Dir = folder
	pack.Stdout, pack.Stderr = output, stderr
	interruptible(pack, append(settings, request.GetEnv()...))
	if err := pack.Start(); err != nil {
		return errors.Join(err, closer.Close())
	}
	return ended(stream, attach(running, proxy, pack), closer)
}

// attach serves the engine's requests from the pack until it exits or, because the engine is done with it, is interrupted.
func attach(ctx context.Context, proxy *sdk.PolicyProxy, pack *exec.Cmd) error {
	err := proxy.Attach(ctx, pack)
	if ctx.Err() == nil {
		return err
	}
	for end := time.Now().Add(grace); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if pack.Process.Signal(syscall.Signal(0)) != nil {
			break // it has exited
		}
	}
	return nil
}

// stackSettings returns the environment variables from which a pack reads its stack and configuration. There is no stack
// when a pack is published.
func stackSettings(stack *pulumirpc.AnalyzerStackConfigureRequest) ([]string, error) {
	if stack == nil {
		return nil, nil
	}
	settings, err := configuration(stack)
	return append(settings,
		"PULUMI_ORGANIZATION="+stack.GetOrganization(),
		"PULUMI_PROJECT="+stack.GetProject(),
		"PULUMI_STACK="+stack.GetStack(),
		"PULUMI_DRY_RUN="+strconv.FormatBool(stack.GetDryRun()),
	), err
}
