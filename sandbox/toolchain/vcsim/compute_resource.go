package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/simulator/esx"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// computeResource is a cluster under the type of its base class. A vCenter accepts a reference of either type;
// pulumi-vsphere refers to clusters as ComputeResource to read the default devices of their EnvironmentBrowser.
type computeResource struct {
	*mo.ComputeResource // of the cluster; the simulator expects a managed object in the first field
	Self                types.ManagedObjectReference
}

func (c *computeResource) Reference() types.ManagedObjectReference { return c.Self }

// answerAsComputeResource makes every cluster answer as a ComputeResource too.
func answerAsComputeResource(inventory *simulator.Registry) {
	for _, entity := range inventory.All("ClusterComputeResource") {
		cluster := entity.(*simulator.ClusterComputeResource)
		reference := types.ManagedObjectReference{Type: "ComputeResource", Value: cluster.Self.Value}
		inventory.Put(&computeResource{ComputeResource: &cluster.ComputeResource, Self: reference})
	}
}

// describeHardware completes the result of QueryConfigOption by the hardware version, from which pulumi-vsphere decides
// whether a change requires an upgrade. The simulator returns zero.
func describeHardware(inventory *simulator.Registry) {
	for _, reference := range inventory.AllReference("EnvironmentBrowser") {
		reference.(*simulator.EnvironmentBrowser).QueryConfigOptionResponse.Returnval = &types.VirtualMachineConfigOption{
			Version:         esx.HardwareVersion,
			DefaultDevice:   esx.VirtualDevice,
			HardwareOptions: types.VirtualHardwareOption{HwVersion: int32(types.MustParseHardwareVersion(esx.HardwareVersion))},
		}
	}
}
