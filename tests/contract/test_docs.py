"""Pages that show the package's own tables show their current content."""

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest

import pulumi_vmimport

DOCS = Path(__file__).parents[2] / "docs"


def _generate() -> Any:
    specification = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


GENERATE = _generate()


@pytest.mark.parametrize("page", GENERATE.PAGES, ids=lambda page: page.name)
def test_a_page_shows_the_current_tables(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert "<!-- made of" in text
    assert GENERATE.filled_in(text) == text, "run `make docs`"


@pytest.mark.parametrize("page", GENERATE.PAGES, ids=lambda page: page.name)
def test_a_stale_table_is_regenerated(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    stale = re.sub(r"(<!-- made of .* -->\n)[^<]*", r"\1\nold\n\n", text)
    assert stale != text
    assert GENERATE.filled_in(stale) == text


@pytest.mark.parametrize("page", [GENERATE.README, *sorted(DOCS.glob("*.md"))], ids=lambda page: page.name)
def test_links_between_the_pages_have_targets(page: Path) -> None:
    for file, anchor in re.findall(r"\]\(([\w./]*\.md)?(?:#([\w-]+))?\)", page.read_text(encoding="utf-8")):
        target = page.parent / file if file else page
        assert target.is_file()
        headings = {_anchor(h) for h in re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.MULTILINE)}
        assert not anchor or anchor in headings, f"{file}#{anchor}"


def test_the_readme_leads_to_every_page() -> None:
    """Directly, or through a page that it links to."""
    reached, new = set[Path](), {GENERATE.README}
    while new:
        reached |= new
        links = {page.parent / file for page in new for file in re.findall(r"\]\(([\w./]+\.md)", page.read_text())}
        new = {link.resolve() for link in links} - {page.resolve() for page in reached}
    assert {page.resolve() for page in DOCS.glob("*.md")} <= reached


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_the_stub_of_the_package_declares_the_current_names() -> None:
    assert GENERATE.STUB.read_text(encoding="utf-8") == GENERATE.catalog_parts.stub(), "run `make docs`"


def test_the_schema_of_the_package_is_the_current_one() -> None:
    assert GENERATE.SCHEMA.read_text(encoding="utf-8") == GENERATE.schema_text(), "run `make docs`"


def test_the_picture_of_the_line_is_that_of_its_data() -> None:
    diagram = GENERATE.line_diagram
    assert diagram.PICTURE.read_text(encoding="utf-8") == diagram.svg(), "run `make docs`"


def test_the_picture_of_the_line_names_resources_that_exist() -> None:
    labels = re.findall(r'<text class="name[^>]*>(\w+)</text>', GENERATE.line_diagram.svg())
    assert labels
    assert set(labels) <= set(pulumi_vmimport.__all__)
