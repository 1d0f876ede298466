"""The sandbox moved to a distribution of its own; this module only reports where to find it."""

raise ImportError(
    "pulumi_vmimport.sandbox has moved to the distribution pulumi-vmimport-sandbox; "
    "install pulumi-vmimport[sandbox] and import pulumi_vmimport_sandbox instead"
)
