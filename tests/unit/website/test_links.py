from pathlib import Path

import pytest
from website.links import BrokenLinkError, Links

REPOSITORY = "https://github.com/pulumi-vmimport/pulumi-vmimport"
PAGES = {"docs/inspect.md": "inspect.md", "README.md": "getting_started.md", "docs/decisions/1.md": "decisions/1.md"}


@pytest.fixture
def links(tmp_path: Path) -> Links:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "generate.py").touch()
    return Links(tmp_path, PAGES)


@pytest.mark.parametrize(
    ("source", "target", "linked"),
    [
        ("README.md", "docs/inspect.md#rules", "inspect.md#rules"),
        ("docs/decisions/1.md", "../inspect.md", "../inspect.md"),
        ("docs/inspect.md", "../README.md", "getting_started.md"),
        ("docs/inspect.md", f"{REPOSITORY}/blob/main/docs/decisions/1.md", "decisions/1.md"),
        ("docs/inspect.md", "generate.py", f"{REPOSITORY}/blob/main/docs/generate.py"),
        ("README.md", "docs", f"{REPOSITORY}/tree/main/docs"),
        ("README.md", "https://aws.amazon.com/a.md", "https://aws.amazon.com/a.md"),
        ("README.md", "#part", "#part"),
    ],
)
def test_a_link_leads_to_the_page_of_the_site_or_to_the_repository(
    links: Links, source: str, target: str, linked: str
) -> None:
    page = PAGES[source]
    assert links.of_page(f"see [it]({target}).", source, page) == f"see [it]({linked})."


def test_code_is_no_link(links: Links) -> None:
    text = "```python\na[0](missing.md)\n```\n"
    assert links.of_page(text, "README.md", "getting_started.md") == text


def test_fails_for_a_link_to_a_file_that_does_not_exist(links: Links) -> None:
    with pytest.raises(BrokenLinkError, match=r"README\.md links to docs/missing\.md, which does not exist"):
        links.of_page("[it](docs/missing.md)", "README.md", "getting_started.md")
