"""The provider `vmimport` as a source plugin. Pulumi runs this file; see PulumiPlugin.yaml."""

from pulumi_vmimport.plugin.__main__ import main

if __name__ == "__main__":
    main()
