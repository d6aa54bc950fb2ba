"""Is a refused file told of in full to its loader, and published without what stands in it?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assets.sources.problem import SourceProblem, known_columns

if TYPE_CHECKING:
    from tests.assets.sources.conftest import Hub

PERSON = "Ada Quill,ada.quill@example.org,203.0.113.7,2025-03-01 09:30,A-1,19.90\n"
TOLD = ("Ada Quill", "ada.quill@example.org", "203.0.113.7", "19.90")


@pytest.mark.parametrize(
    "kind",
    ["sales", "experiments", "exposure", "jira", "incidents", "cost", "rates", "calendar"],
)
def test_a_record_in_place_of_a_header_is_not_published(hub: Hub, kind: str) -> None:
    hub.write("in/a.csv", PERSON * 3)
    refused = hub.refusal(kind)
    published = refused.published()
    assert not [value for value in TOLD if value in published], published
    assert f"source `{kind}`, in/a.csv" in published


def test_the_loader_is_told_what_stands_there(hub: Hub) -> None:
    hub.write("in/a.csv", PERSON * 3)
    assert "found the columns Ada Quill, ada.quill@example.org" in str(hub.refusal("sales"))


def test_columns_of_known_names_are_published(hub: Hub) -> None:
    hub.write("in/a.csv", "order_id,customer_id,Ada Quill\n1,2,3\n")
    assert "found 3 columns; of known names: order_id, customer_id; expected" in (
        hub.refusal("sales").published()
    )


def test_every_refused_file_is_published(hub: Hub) -> None:
    hub.write("in/a.csv", PERSON)
    hub.write("in/b.csv", PERSON.replace("Ada Quill", "Bo Reed"))
    lines = hub.refusal("sales").published().splitlines()
    assert [line.split(",")[1] for line in lines] == [" in/a.csv", " in/b.csv"]


def test_names_are_known_whatever_their_case_and_blanks() -> None:
    assert known_columns(["Order  ID", "x", "", "x"], ["order id"]) == (
        "2 columns; of known names: Order  ID"
    )
    assert known_columns(["x"], []) == "1 columns, none of a known name"


@pytest.mark.parametrize(
    ("found", "published"),
    [
        ("'Ada Quill' and \"Bo Reed\"", "<text> and <text>"),
        ("mail of ada.quill@example.org", "mail of <mail>"),
        ("calls from 203.0.113.7 and 2001:db8:0:0::7", "calls from <address> and <address>"),
        ("times from 09:30:15 to 2025-03-01T10:00:00+00:00, Jira's", None),
        ("version 1.7.0, `order_id`, 1,204 records", None),
    ],
)
def test_texts_mails_and_addresses_are_masked_and_the_rest_is_not(
    found: str, published: str | None
) -> None:
    problem = SourceProblem("shop", "a.csv", 1, None, found, "a header", "Deliver it again.")
    told = f"source `shop`, a.csv, line 1: found {published or found}; expected a header."
    assert problem.published() == f"{told} Deliver it again."
    assert found in str(problem)
