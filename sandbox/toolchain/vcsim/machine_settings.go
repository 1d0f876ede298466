package main

import (
	"sync"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// machineSettings keeps settings of virtual machines that a vCenter stores and the simulator ignores. Without them,
// pulumi-vsphere shows a difference in every preview.
type machineSettings struct {
	Self types.ManagedObjectReference
	// created holds the specification of each machine that is being created, by name.
	created sync.Map
}

func (s *machineSettings) Reference() types.ManagedObjectReference { return s.Self }

// PutObject is called by the simulator when an object is added to the inventory; a new machine has no name yet.
func (s *machineSettings) PutObject(_ *simulator.Context, item mo.Reference) {
	if machine, ok := item.(*simulator.VirtualMachine); ok && machine.Config != nil {
		machine.Config.SwapPlacement = string(types.VirtualMachineConfigInfoSwapPlacementTypeInherit)
	}
}

// UpdateObject is called by the simulator when an object changes, as a new machine does when it gets its devices.
func (s *machineSettings) UpdateObject(_ *simulator.Context, item mo.Reference, _ []types.PropertyChange) {
	machine, ok := item.(*mo.VirtualMachine)
	if !ok || machine.Config == nil {
		return
	}
	if spec, ok := s.created.LoadAndDelete(machine.Name); ok {
		keep(machine.Config, spec.(*types.VirtualMachineConfigSpec))
	}
}

func (s *machineSettings) RemoveObject(*simulator.Context, types.ManagedObjectReference) {}

// note takes the settings from a call before the simulator executes it.
func (s *machineSettings) note(ctx *simulator.Context, call *simulator.Method) {
	switch body := call.Body.(type) {
	case *types.CreateVM_Task:
		s.created.Store(body.Config.Name, &body.Config)
	case *types.CloneVM_Task:
		if body.Spec.Config != nil {
			s.created.Store(body.Name, body.Spec.Config)
		}
	case *types.ReconfigVM_Task:
		if machine, ok := ctx.Map.Get(call.This).(*simulator.VirtualMachine); ok {
			ctx.WithLock(machine, func() { keep(machine.Config, &body.Spec) })
		}
	}
}

func keep(config *types.VirtualMachineConfigInfo, spec *types.VirtualMachineConfigSpec) {
	if spec.SwapPlacement != "" {
		config.SwapPlacement = spec.SwapPlacement
	}
	if spec.VPMCEnabled != nil {
		config.VPMCEnabled = spec.VPMCEnabled
	}
}
