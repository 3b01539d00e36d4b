from datetime import date

import pytest

from qa.newstime import resolved_days, with_dates

WEDNESDAY = date(2031, 6, 11)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The council met on Tuesday.", "The council met on Tuesday (10 June 2031)."),
        ("The council met on Wednesday.", "The council met on Wednesday (11 June 2031)."),
        ("The vote will be on Friday.", "The vote will be on Friday (13 June 2031)."),
        ("The mayor said on Friday that the work will go on.",
         "The mayor said on Friday (6 June 2031) that the work will go on."),
        ("It rained yesterday.", "It rained yesterday (10 June 2031)."),
        ("Sunday's final was long.", "Sunday's (8 June 2031) final was long."),
        ("They voted 31 to 12 on Monday.", "They voted 31 to 12 on Monday (9 June 2031)."),
    ],
)  # fmt: skip
def test_a_relative_day_gets_its_date(text, expected):
    assert with_dates(text, WEDNESDAY) == expected


@pytest.mark.parametrize(
    "text",
    [
        "It is open on Tuesdays.",
        "It is shut until Friday.",
        "Next Friday is a holiday.",
        "On Friday, 3 May, it rained.",
    ],
)
def test_a_day_without_a_single_reading_stays_as_it_is(text):
    assert with_dates(text, WEDNESDAY) == text


def test_without_a_day_of_publication_nothing_is_resolved():
    assert resolved_days("The council met on Tuesday.", None) == []
