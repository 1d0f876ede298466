"""The outputs of pulumi-vsphere for settings of a virtual machine that a program omits.

Read from pulumi-vsphere 4.18.2 on the sandbox's vCenter. `tests/unit/sandbox/standins/test_vsphere.py` compares the
names with the SDK.
"""

from typing import Any

# Only the first refresh returns these.
REFRESHED: dict[str, Any] = {"customAttributes": {}, "extraConfig": {}, "pciDeviceIds": [], "tags": []}

_ALLOCATION: dict[str, Any] = {"Limit": -1, "Reservation": 0, "ShareCount": 0, "ShareLevel": "normal"}

OUTPUTS: dict[str, Any] = {
    "alternateGuestName": "",
    "bootRetryDelay": 10000,
    "bootRetryEnabled": False,
    "cpuHotAddEnabled": False,
    "cpuHotRemoveEnabled": False,
    "cpuPerformanceCountersEnabled": False,
    "enableLogging": False,
    "eptRviMode": "",
    "extraConfigRebootRequired": True,
    "folder": "",
    "forcePowerOff": True,
    "hvMode": "",
    "ideControllerCount": 2,
    "latencySensitivity": "normal",
    "memoryHotAddEnabled": False,
    "memoryReservationLockedToMax": False,
    "migrateWaitTimeout": 30,
    "nestedHvEnabled": False,
    "nvmeControllerCount": 0,
    "poweronTimeout": 300,
    "runToolsScriptsAfterPowerOn": True,
    "runToolsScriptsAfterResume": True,
    "runToolsScriptsBeforeGuestReboot": False,
    "runToolsScriptsBeforeGuestShutdown": True,
    "runToolsScriptsBeforeGuestStandby": True,
    "sataControllerCount": 0,
    "scsiBusSharing": "noSharing",
    "scsiControllerCount": 1,
    "shutdownWaitTimeout": 3,
    "storagePolicyId": "",
    "swapPlacementPolicy": "inherit",
    "toolsUpgradePolicy": "manual",
    "vappTransports": [],
    "waitForGuestIpTimeout": 0,
    "waitForGuestNetRoutable": True,
    "waitForGuestNetTimeout": 5,
    **{f"{resource}{name}": value for resource in ("cpu", "memory") for name, value in _ALLOCATION.items()},
}

DISK_OUTPUTS: dict[str, Any] = {
    "attach": False,
    "controllerType": "scsi",
    "diskSharing": "sharingNone",
    "ioLimit": -1,
    "ioReservation": 0,
    "ioShareCount": 0,
    "ioShareLevel": "normal",
    "keepOnRemove": False,
    "storagePolicyId": "",
    "writeThrough": False,
}

NETWORK_INTERFACE_OUTPUTS: dict[str, Any] = {
    "bandwidthLimit": -1,
    "bandwidthReservation": 0,
    "bandwidthShareCount": 0,
    "bandwidthShareLevel": "normal",
    "externalPortId": "",
    "ovfMapping": "",
    "physicalFunction": "",
    "useStaticMac": False,
}
