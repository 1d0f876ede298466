from pulumi_vmimport.aws.tag_lists import tag_list, tags_in


def test_a_list_is_sorted_and_has_the_members_of_the_api() -> None:
    assert tag_list({"team": "blue", "cost": "7"}) == [{"Key": "cost", "Value": "7"}, {"Key": "team", "Value": "blue"}]


def test_tags_survive_the_round_trip() -> None:
    assert tags_in(tag_list({"team": "blue", "cost": ""})) == {"team": "blue", "cost": ""}


def test_a_tag_without_a_value_has_an_empty_one() -> None:
    assert tags_in([{"Key": "team"}]) == {"team": ""}
