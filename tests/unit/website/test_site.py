"""The site, built as `make site` builds it."""

import re
import sys
from pathlib import Path

import pytest
from tests.browser import browser, needs_chromium
from website import build, staging

from pulumi_vmimport.components.component_catalog import COMPONENTS
from pulumi_vmimport.resources.catalog import RESOURCES

DOCS = Path(__file__).parents[3] / "docs"
EXAMPLES = DOCS.parent / "examples"
NAMES = [
    *(f"resources/{entry.name}" for entry in RESOURCES if entry.is_public),
    *(f"components/{entry.name}" for entry in COMPONENTS),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Building it fails for a warning of Sphinx, a broken link, and a page that loads something from elsewhere."""
    return build.build(tmp_path_factory.mktemp("site") / "site")


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sources") / "sources"
    staging.stage(folder)
    return folder


def test_every_page_of_the_repository_is_in_the_site(site: Path) -> None:
    pages = [page.relative_to(DOCS).with_suffix(".html") for page in DOCS.glob("*.md")]
    assert [page for page in pages if not (site / page).is_file()] == []
    assert (site / "decisions" / "0001-state-references-a-function.html").is_file()


def test_links_and_anchors_within_the_site_have_targets(site: Path) -> None:
    assert list(build.broken_links(site)) == []


def test_a_link_without_a_target_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text('<a href="b.html#x">b</a> <a href="c.html">c</a> <a id="y" href="#y">y</a>')
    (tmp_path / "b.html").write_text('<p id="z">')
    assert list(build.broken_links(tmp_path)) == ["a.html: b.html#x", "a.html: c.html"]


@pytest.mark.parametrize(
    "loaded", ['<script src="https://a/b.js">', '<link rel="stylesheet" href="//a/b.css">', '<img src="http://a/b">']
)
def test_what_a_page_loads_from_elsewhere_is_found(tmp_path: Path, loaded: str) -> None:
    (tmp_path / "a.html").write_text(loaded)
    assert len(list(build.loaded_from_elsewhere(tmp_path))) == 1


@pytest.mark.parametrize("name", NAMES)
def test_the_page_of_a_resource_has_every_part(sources: Path, name: str) -> None:
    text = (sources / f"{name}.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    expected = ["Inputs", "Outputs", *(["Import"] if name.startswith("resources/") else []), "Permissions", "Errors"]
    assert [heading for heading in headings if heading in expected] == expected


def test_a_page_shows_the_names_of_python_the_types_and_what_a_change_does(sources: Path) -> None:
    text = (sources / "resources" / "ImportImage.md").read_text(encoding="utf-8")
    assert (
        "| `diskContainers`<br>`disk_containers` | list of [`DiskContainer`](#diskcontainer) | **Required.** *A change"
        in text
    )
    assert "### DiskContainer\n" in text
    assert "- `legacy-bios`" in text
    assert re.search(r"^\| create \| .*`ImportImage`", text, re.MULTILINE)
    assert "- **id:** the import task" in text
    assert "[TR-03](../troubleshooting.md#tr-03)" in text


def test_an_example_has_a_tab_for_each_language_in_which_the_tests_run_or_compile_it(sources: Path) -> None:
    text = (sources / "resources" / "ImportImage.md").read_text(encoding="utf-8")
    assert (EXAMPLES / "import_existing.py").read_text(encoding="utf-8").strip() in text
    found = re.findall(r"^::::\{tab-item\} (.+)$", text, re.MULTILINE)
    assert found[0] == "Python"
    assert len(found) == len(set(found))


def test_passwords_are_marked_as_secret(sources: Path) -> None:
    text = (sources / "resources" / "GuestInstallation.md").read_text(encoding="utf-8")
    assert re.search(r"^\| `administratorPassword`.*\*Secret\.\*", text, re.MULTILINE)


@needs_chromium
def test_pages_fit_into_wide_and_narrow_windows_and_load_nothing_from_elsewhere(site: Path, tmp_path: Path) -> None:
    with browser(tmp_path / "profile") as chromium:
        for page in ("index", "getting_started", "resources/ImportImage", "troubleshooting", "sections/guides"):
            for width in (1280, 400):
                chromium.open(site / f"{page}.html", width=width)
                assert chromium.value("document.documentElement.scrollWidth") <= width, page
        chromium.open(site / "index.html")
        assert chromium.value("document.querySelector('img[src$=\"line.svg\"]').naturalWidth") > 0
        assert {request.partition(":")[0] for request in chromium.requests} <= {"file", "data"}
        assert chromium.errors == []


def test_the_command_fails_for_a_broken_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "_start", lambda _: "[nowhere](docs/nowhere.md)")
    monkeypatch.setattr(sys, "argv", ["build.py", str(tmp_path / "site")])
    with pytest.raises(SystemExit, match=r"README\.md links to docs/nowhere\.md, which does not exist"):
        build.main()
