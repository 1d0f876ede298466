"""The native provider `vmimport`: the plugin that the Pulumi engine starts, and the schema of its package."""
