import pytest

from pulumi_vmimport.disk.registry.marvin32 import marvin32


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("", 0x30ED35C100CD3C7D),
        ("AF", 0x48E73FC77D75DDC1),
        ("E70F", 0xB5F6E1FC485DBFF8),
        ("37F495", 0xF0B07C789B8CF7E8),
        ("8642DC59", 0x7008F2E87E9CF556),
    ],
)
def test_the_hash_is_that_of_the_test_vectors_of_dotnet(data: str, expected: int) -> None:
    assert marvin32(bytes.fromhex(data), seed=0x004FB61A001BDBCC) == expected
