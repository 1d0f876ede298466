"""The version of pulumi-vmimport and of pulumi-vmimport-sandbox; pyproject.toml of both reads it here."""

__version__ = "0.1.0"
