"""Countries under their other names."""

import pytest

from qa.claims import missing_claims
from qa.places import country_of, country_of_capital


@pytest.mark.parametrize(
    ("word", "country"),
    [
        ("French", "france"),
        ("dutch", "netherlands"),
        ("Netherlands", "netherlands"),
        ("Ukrainians", "ukraine"),
        ("Welsh", "wales"),
        ("Indian", "india"),  # not the British Indian Ocean Territory
        ("Congolese", ""),  # of two countries, whose names have several words
        ("Paris", ""),
        ("", ""),
    ],
)
def test_a_people_stands_for_its_country(word, country):
    assert country_of(word) == country


@pytest.mark.parametrize(
    ("word", "country"),
    [("Kyiv", "ukraine"), ("Washington", "united states"), ("London", "united kingdom"), ("Geneva", ""), ("", "")],
)
def test_a_capital_stands_for_its_country(word, country):
    assert country_of_capital(word) == country


def test_a_sentence_may_name_the_people_of_a_country():
    assert not missing_claims(
        "The Swiss and the Danish ministers met.", ["Ministers of Switzerland and Denmark met."]
    )
    assert missing_claims("The Swiss minister met them.", ["The minister of Sweden met them."]) == ["Swiss"]
    assert missing_claims("It stands in Kyiv.", ["It stands in Ukraine."]) == ["Kyiv"], "a place is no other place"
