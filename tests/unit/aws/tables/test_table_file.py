from datetime import date

import pytest

from pulumi_vmimport.aws.tables.table_file import read_table

NAMES = ("ingestion_processes", "known_failures", "post_import", "supported_systems", "workspace_image_errors")


@pytest.mark.parametrize("name", NAMES)
def test_every_table_has_the_date_on_which_its_sources_were_read(name: str) -> None:
    assert isinstance(read_table(name)["checked"], date)


def test_fails_for_a_table_that_does_not_exist() -> None:
    with pytest.raises(FileNotFoundError, match="nobody"):
        read_table("nobody")
