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
	disks   *exportedDisks
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
		lease := export(ctx, snapshot, e.disks)
		body.Res = &types.ExportVmResponse{Returnval: lease.Res.Returnval}
	})
	return body
}

// snapshotExporter implements ExportSnapshot for one snapshot.
type snapshotExporter struct {
	Self     types.ManagedObjectReference
	snapshot *simulator.VirtualMachineSnapshot
	disks    *exportedDisks
}

func (e *snapshotExporter) Reference() types.ManagedObjectReference { return e.Self }

// ExportSnapshot is called by the simulator.
func (e *snapshotExporter) ExportSnapshot(ctx *simulator.Context, _ *types.ExportSnapshot) soap.HasFault {
	return export(ctx, e.snapshot, e.disks)
}

// export creates the lease for a snapshot and notes its disks.
func export(
	ctx *simulator.Context, snapshot *simulator.VirtualMachineSnapshot, disks *exportedDisks,
) *methods.ExportSnapshotBody {
	lease := snapshot.ExportSnapshot(ctx, &types.ExportSnapshot{}).(*methods.ExportSnapshotBody)
	if lease.Res != nil {
		disks.note(ctx, lease.Res.Returnval.Value, snapshot.Config.Hardware.Device)
	}
	return lease
}

// routeExports routes ExportVm and ExportSnapshot calls to an exporter instead of the virtual machine or snapshot.
//
// The exporter cannot replace the machine in the inventory because the simulator requires its own type there. It is
// stored in the caller's session, which the simulator searches first, under its own reference.
func routeExports(ctx *simulator.Context, call *simulator.Method, disks *exportedDisks) {
	if ctx.Session == nil {
		return
	}
	switch found := ctx.Map.Get(call.This).(type) {
	case *simulator.VirtualMachine:
		if call.Name == "ExportVm" {
			call.This.Type = "VirtualMachineExport"
			ctx.Session.Put(&exporter{Self: call.This, machine: found, disks: disks})
		}
	case *simulator.VirtualMachineSnapshot:
		if call.Name == "ExportSnapshot" {
			call.This.Type = "VirtualMachineSnapshotExport"
			ctx.Session.Put(&snapshotExporter{Self: call.This, snapshot: found, disks: disks})
		}
	}
}
