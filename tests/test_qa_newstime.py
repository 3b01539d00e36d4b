from datetime import date

import pytest

from qa.newstime import centuries_named, century_asked, resolved_days, with_dates, year_asked, years_named

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
        ("It lost money last year.", "It lost money last year (2030)."),
        ("Next year's budget was cut last month.",
         "Next year's (2032) budget was cut last month (May 2031)."),
        ("They met on Tuesday and will meet next month.",
         "They met on Tuesday (10 June 2031) and will meet next month (July 2031)."),
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
        "Over the last year, and a year earlier, it rained.",
        "Ruiz won twice in his last year at the club, the club's last year too.",
    ],
)
def test_a_day_without_a_single_reading_stays_as_it_is(text):
    assert with_dates(text, WEDNESDAY) == text


def test_without_a_day_of_publication_nothing_is_resolved():
    assert resolved_days("The council met on Tuesday.", None) == []
    assert with_dates("It met last year.", None) == "It met last year."


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("It earned 31 million last year, after 28 million in 2029.", {2030, 2029}),
        ("The quay opens next year.", {2032}),
        ("It employs 1,951 people in 2030-style sheds.", {2030}),
        ("It rained.", set()),
    ],
)
def test_the_years_of_a_text_are_named_by_figures_or_from_its_day(text, years):
    assert years_named(text, WEDNESDAY) == years
    assert not {2032} & years_named(text, None)


@pytest.mark.parametrize(
    ("question", "year"),
    [
        ("How much did Ostrel earn in 2029?", 2029),
        ("What were the dues for March 2029?", 2029),
        ("Who leads the firm that was founded in 1998?", None),
        ("By how much did it grow between 2028 and 2029?", None),
        ("Who won in Brask?", None),
        ("What is it to cost as of March 2035?", None),
    ],
)
def test_the_year_that_a_question_is_about_is_not_that_of_an_aside(question, year):
    assert year_asked(question) == year


@pytest.mark.parametrize(
    ("text", "centuries"),
    [
        ("The fort was built in the 12th century and burnt in 1300.", {12, 13}),
        ("A second siege, in May 1185, and the third (1201).", {12, 13}),
        ("It fell in the ninth century.", {9}),
        ("It fell in the 3rd century BC, and 1185 people with it.", set()),
        ("It cost around 1,185 crowns in 1200.5 parts.", set()),
    ],
)
def test_the_centuries_of_a_text_are_named_or_those_of_its_years(text, centuries):
    assert centuries_named(text) == centuries


@pytest.mark.parametrize(
    ("question", "century"),
    [
        ("Who besieged Ostrel in the 11th century?", 11),
        ("Who besieged Ostrel in the eleventh century?", 11),
        ("Who besieged Ostrel in the 11th and 12th centuries?", None),
        ("Who besieged Ostrel in 1185, and who in the 11th century?", None),
        ("Who besieged Ostrel?", None),
    ],
)
def test_the_century_that_a_question_is_about(question, century):
    assert century_asked(question) == century
