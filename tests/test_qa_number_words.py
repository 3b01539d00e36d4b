"""Numbers of several words: their parts are no figures of their own."""

import pytest

from qa.bindings import contradiction, figures_of
from qa.claims import missing_claims, numbers


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Six hundred and forty.", [640]),
        ("a hundred and twenty-two dockers", [122]),
        ("some two hundred thousand crowns", [200_000]),
        ("one million two hundred thousand crowns", [1_200_000]),
        ("six hundred and fifty thousand people", [650_000]),
        ("two hundred fifty thousand homes", [250_000]),
        ("two thousand, twenty of them dead", [2000, 20]),
        ("between one hundred and two hundred thousand", [100, 200_000]),
        ("in two thousand and nine", [2009]),
        ("half a million crowns", [500_000]),
        ("a quarter of a million crowns", []),
        ("between one hundred and two hundred", [100, 200]),
        ("six thousand and twelve thousand", [6000, 12_000]),
        ("five hundred and six thousand", [506_000]),
        ("twelve hundred and forty-two", [1242]),
        ("two and a half million", [2]),
        ("$4 million and 3 hundred", [4_000_000, 300]),
        ("the first hundred of the second thousand", [100, 2000]),
    ],
)
def test_a_number_of_several_words_is_one_figure(text, found):
    assert [number.value for number in numbers(text)] == found


def test_what_counts_is_the_whole_number():
    said = "The north plant employs six hundred and forty people."
    assert figures_of(said) == [(numbers("640")[0], "peopl")]
    assert contradiction("The north plant employs 640 people.", [said]) is None


@pytest.mark.parametrize(("said", "missing"), [("640", []), ("600", ["600"]), ("40", ["40"])])
def test_a_figure_stands_where_it_is_written_out(said, missing):
    assert missing_claims(f"There are {said} flats.", ['"Six hundred and forty. I was wrong."']) == missing
