from decimal import Decimal

import pytest

from qa.claims import Number, missing_claims, name_words, numbers, quotations


@pytest.mark.parametrize(
    "text", ["$126 billion", "126bn", "126 billion dollars", "$126,000,000,000", "126-billion"]
)
def test_one_amount_in_many_spellings(text):
    assert numbers(text) == [Number(Decimal(126_000_000_000), False)]


@pytest.mark.parametrize("text", ["2%", "2 %", "2 percent", "two per cent", "2 per cent"])
def test_one_percentage_in_many_spellings(text):
    assert numbers(text) == [Number(Decimal(2), True)]


def test_a_percentage_is_not_the_bare_figure():
    assert numbers("2%") != numbers("2")


def test_words_that_are_seldom_numbers_are_left_alone():
    assert numbers("one of the first, in G20") == []


def test_names_leave_out_the_common_first_word():
    assert name_words("This marked Trump's visit to the U.K. on Wednesday.") == [
        "Trump",
        "U.K",
        "Wednesday",
    ] or name_words("This marked Trump's visit to the U.K. on Wednesday.") == ["Trump", "U.K.", "Wednesday"]


def test_quotations_in_any_quotation_marks():
    assert quotations('He said “we go” and "we stay".') == ["we go", "we stay"]


EVIDENCE = ["Nations below the 2% target met in the U.K., Mr Smith said: “we will go home”."]


@pytest.mark.parametrize(
    "sentence",
    [
        "The target is 2 percent.",
        "Smith met nations in Britain.",
        'Smith said "we will go home".',
        "The UK's nations met.",
    ],
)
def test_claims_that_stand_in_the_evidence(sentence):
    assert missing_claims(sentence, EVIDENCE) == []


@pytest.mark.parametrize(
    ("sentence", "missing"),
    [
        ("The target is 5%.", ["5%"]),
        ("The target of Japan is 2%.", ["Japan"]),
        ('Smith said "we will stay".', ['"we will stay"']),
        ("It was in 2006.", ["2006"]),
    ],
)
def test_claims_that_do_not(sentence, missing):
    assert missing_claims(sentence, EVIDENCE) == missing


@pytest.mark.parametrize(
    ("text", "value"), [("Twenty-six volunteers", 26), ("the thirty-first time", 31), ("thirty five boats", 35)]
)
def test_a_number_of_two_words_is_one_number(text, value):
    assert numbers(text) == [Number(Decimal(value), False)]


LISTED = ["Ruiz took 36.2 per cent, Said 33.8 and Omar Holm, a farmer, 18.1. There were 12 of 300 boats."]


def test_a_percent_sign_that_stands_only_at_the_first_of_a_list_is_of_all():
    assert missing_claims("Said took 33.8% and Holm 18.1%.", LISTED) == []
    assert missing_claims("They took 12% and 300%.", LISTED) == ["12%", "300%"]
