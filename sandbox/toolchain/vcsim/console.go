package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// console implements the keyboard of one virtual machine, which the simulator lacks.
type console struct {
	Self    types.ManagedObjectReference
	machine *simulator.VirtualMachine
}

func (c *console) Reference() types.ManagedObjectReference { return c.Self }

// PutUsbScanCodes is called by the simulator, which finds methods by the name of the vSphere operation.
func (c *console) PutUsbScanCodes(ctx *simulator.Context, call *types.PutUsbScanCodes) soap.HasFault {
	body := &methods.PutUsbScanCodesBody{}
	ctx.WithLock(c.machine, func() {
		if state := c.machine.Runtime.PowerState; state != types.VirtualMachinePowerStatePoweredOn {
			body.Fault_ = simulator.Fault("", &types.InvalidPowerState{
				RequestedState: types.VirtualMachinePowerStatePoweredOn,
				ExistingState:  state,
			})
			return
		}
		body.Res = &types.PutUsbScanCodesResponse{Returnval: int32(len(call.Spec.KeyEvents))}
	})
	return body
}

// routeConsole routes PutUsbScanCodes calls to a console instead of the virtual machine; see routeExports.
func routeConsole(ctx *simulator.Context, call *simulator.Method) {
	if ctx.Session == nil || call.Name != "PutUsbScanCodes" {
		return
	}
	if machine, ok := ctx.Map.Get(call.This).(*simulator.VirtualMachine); ok {
		call.This.Type = "VirtualMachineConsole"
		ctx.Session.Put(&console{Self: call.This, machine: machine})
	}
}
