from typing import Any

import pytest
from botocore.session import get_session

from pulumi_vmimport.aws.tables.ingestion_processes import conflict, office_conflict, table
from pulumi_vmimport.aws.workspaces.ingestion_options import Application, IngestionProcess, OsVersion


def test_the_table_has_all_values_of_the_service_model() -> None:
    model: Any = get_session().get_service_model("workspaces")
    assert {p.value for p in IngestionProcess} == set(model.shape_for("WorkspaceImageIngestionProcess").enum)
    assert {a.value for a in Application} == set(model.shape_for("Application").enum)
    assert {s.value for s in OsVersion} == set(model.shape_for("OSVersion").enum)
    assert list(table().processes) == [p.value for p in IngestionProcess]
    assert list(table().offices) == [a.value for a in Application]


@pytest.mark.parametrize("process", list(IngestionProcess))
def test_the_name_of_a_process_contains_its_protocol_and_gpu(process: IngestionProcess) -> None:
    facts = table().processes[process]
    protocols = {"_WSP": "DCV", "_BYOP": "BYOP"}
    assert facts.protocol == next((p for end, p in protocols.items() if process.endswith(end)), "PCoIP")
    assert facts.gpu is ("GRAPHICS" in process)
    assert facts.requires_allow_list is process.endswith("_BYOP")
    assert facts.source in table().sources


def test_fails_for_windows_11_with_pcoip() -> None:
    refused = {process for process in IngestionProcess if conflict(process, OsVersion.WINDOWS_11)}
    assert refused == {"BYOL_REGULAR", "BYOL_GRAPHICS", "BYOL_GRAPHICSPRO", "BYOL_GRAPHICS_G4DN"}
    assert {process for process in IngestionProcess if conflict(process, OsVersion.WINDOWS_10)} == set()
    reason = str(conflict(IngestionProcess.BYOL_REGULAR, OsVersion.WINDOWS_11))
    assert (
        "expected one of BYOL_REGULAR_WSP, BYOL_GRAPHICS_G4DN_WSP, BYOL_REGULAR_BYOP, BYOL_GRAPHICS_G4DN_BYOP "
        in reason
    )
    assert "got BYOL_REGULAR" in reason


@pytest.mark.parametrize(
    ("application", "process", "reason"),
    [
        (
            Application.OFFICE_2016,
            IngestionProcess.BYOL_REGULAR_WSP,
            "expected Microsoft_Office_2019 for Windows 11 with BYOL_REGULAR_WSP, got Microsoft_Office_2016",
        ),
        (Application.OFFICE_2019, IngestionProcess.BYOL_REGULAR_WSP, None),
        (
            Application.OFFICE_2019,
            IngestionProcess.BYOL_GRAPHICS_G4DN_WSP,
            "expected no Office for Windows 11 with BYOL_GRAPHICS_G4DN_WSP, got Microsoft_Office_2019",
        ),
        (Application.OFFICE_2016, IngestionProcess.BYOL_REGULAR_BYOP, None),
    ],
)
def test_windows_11_restricts_office_and_windows_10_does_not(
    application: Application, process: IngestionProcess, reason: str | None
) -> None:
    assert office_conflict(application, process, OsVersion.WINDOWS_11) == reason
    assert office_conflict(application, process, OsVersion.WINDOWS_10) is None


def test_restrictions_without_an_api_are_warnings() -> None:
    warnings = {name: list(process.warnings) for name, process in table().processes.items()}
    assert {name for name, texts in warnings.items() if texts} == {
        "BYOL_GRAPHICS",
        "BYOL_REGULAR_BYOP",
        "BYOL_GRAPHICS_G4DN_BYOP",
    }
    assert "allow-listed" in warnings["BYOL_REGULAR_BYOP"][0]
    assert "since 2023-11-30" in warnings["BYOL_GRAPHICS"][0]
