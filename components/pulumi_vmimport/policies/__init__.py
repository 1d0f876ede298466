"""Rules for stacks that import, encrypt, share and distribute images, as a Pulumi policy pack (docs/policies.md)."""
