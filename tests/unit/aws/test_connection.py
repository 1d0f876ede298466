from pathlib import Path
from typing import Any

import pytest

from pulumi_vmimport.aws.connection import AwsConnection, AwsSettings


def test_another_region_has_the_same_settings_and_one_connection() -> None:
    here = AwsConnection(AwsSettings(region="eu-west-1", access_key="AKIA", secret_key="s"))
    there = here.in_region("us-west-2")
    assert there.region == "us-west-2"
    assert there is here.in_region("us-west-2")
    assert here.in_region("eu-west-1") is here
    assert there.client("workspaces").meta.region_name == "us-west-2"


def test_renewed_credentials_reach_the_other_regions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "credentials"
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    here = AwsConnection(AwsSettings(region="eu-west-1", profile="web"))
    there = here.in_region("us-west-2")

    def key() -> str:
        client: Any = there.client("workspaces")
        return str(client._request_signer._credentials.access_key)

    file.write_text("[web]\naws_access_key_id = OLD\naws_secret_access_key = x\n")
    assert key() == "OLD"
    file.write_text("[web]\naws_access_key_id = NEW\naws_secret_access_key = x\n")
    assert key() == "OLD"
    here.refresh_credentials()
    assert key() == "NEW"
