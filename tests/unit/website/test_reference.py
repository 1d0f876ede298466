import pytest
from website import reference

TABLE = """
| resource | id | what cannot be read back |
|---|---|---|
| `ImportImage`, `ImportSnapshot` | the task or [the AMI](inspect.md) | `disk_containers` |
| WorkSpaces images | the image, `wsi-...` | |
| `GuestInstallation` | none: vSphere does not record it | |

| resource | other |
|---|---|
| `ImportImage` | no row of the table |
"""


def import_of(name: str) -> str:
    text = reference.pages(TABLE)[f"resources/{name}.md"]
    return text[text.index("## Import\n") : text.index("## Permissions\n")]


def test_the_import_of_a_resource_is_its_row_of_the_page_on_existing_resources() -> None:
    shown = import_of("ImportImage")
    assert "pulumi import vmimport:index:ImportImage NAME ID" in shown
    assert (
        "- **id:** the task or [the AMI](../inspect.md)\n- **what cannot be read back:** `disk_containers`\n" in shown
    )
    assert "no row" not in shown


def test_a_row_may_cover_the_workspaces_images() -> None:
    assert "- **id:** the image, `wsi-...`\n" in import_of("CopyWorkspaceImage")


@pytest.mark.parametrize("name", ["GuestInstallation", "FastLaunch"], ids=["cannot be imported", "no row"])
def test_a_resource_without_an_id_has_no_command(name: str) -> None:
    assert "pulumi import" not in import_of(name)


def test_a_resource_that_calls_nothing_in_aws_needs_no_permissions() -> None:
    assert "None: it calls nothing in AWS." in reference.pages(TABLE)["resources/GuestInstallation.md"]
