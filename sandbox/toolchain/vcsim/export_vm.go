package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// exporter implements ExportVm for one virtual machine. The simulator's ExportSnapshot creates the lease.
type exporter struct {
	Self    types.ManagedObjectReference
	machine *simulator.VirtualMachine
}

func (e *exporter) Reference() types.ManagedObjectReference { return e.Self }

// ExportVm is called by the simulator, which finds methods by the name of the vSphere operation.
func (e *exporter) ExportVm(ctx *simulator.Context, _ *types.ExportVm) soap.HasFault {
	body := &methods.ExportVmBody{}
	ctx.WithLock(e.machine, func() {
		if state := e.machine.Runtime.PowerState; state != types.VirtualMachinePowerStatePoweredOff {
			body.Fault_ = simulator.Fault("", &types.InvalidPowerState{
				RequestedState: types.VirtualMachinePowerStatePoweredOff,
				ExistingState:  state,
			})
			return
		}
		snapshot := &simulator.VirtualMachineSnapshot{}
		snapshot.Vm = e.machine.Self
		snapshot.Config = *e.machine.Config
		lease := snapshot.ExportSnapshot(ctx, &types.ExportSnapshot{}).(*methods.ExportSnapshotBody)
		body.Res = &types.ExportVmResponse{Returnval: lease.Res.Returnval}
	})
	return body
}

// routeExportVM routes an ExportVm call to an exporter instead of the virtual machine.
//
// The exporter cannot replace the machine in the inventory because the simulator requires its own type there. It is
// stored in the caller's session, which the simulator searches first, under its own reference.
func routeExportVM(ctx *simulator.Context, call *simulator.Method) {
	if call.Name != "ExportVm" || ctx.Session == nil {
		return
	}
	if machine, ok := ctx.Map.Get(call.This).(*simulator.VirtualMachine); ok {
		call.This.Type = "VirtualMachineExport"
		ctx.Session.Put(&exporter{Self: call.This, machine: machine})
	}
}
