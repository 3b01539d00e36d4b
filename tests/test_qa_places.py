"""Countries under their other names."""

import pytest

from qa.claims import missing_claims
from qa.places import country_of, country_of_capital, held_by_cities


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


@pytest.mark.parametrize(
    ("sentence", "text", "words"),
    [
        ("They gather in the Netherlands.", "The summit in The Hague is in June.", {"netherlands"}),
        ("They gather in South Korea.", "In Busan they met.", {"south", "korea"}),
        ("They gather in the United States.", "They flew to New York.", {"united", "states"}),
        ("They gather in Texas.", "They met in Houston.", {"texas"}),
        ("They gather in England.", "London's mayor asked them.", {"england"}),
        ("They gather in Texas.", "Lloyd Austin asked them.", set()),
        ("They gather in France.", "Paris Hilton asked them.", set()),
        ("They gather in France.", "They met in The Hague.", set()),
        ("The Netherlands asked them.", "They met in The Hague.", set()),
    ],
)
def test_a_country_holds_its_cities(sentence, text, words):
    assert held_by_cities(sentence, text) == words


def test_a_city_says_in_what_country_something_is():
    assert not missing_claims("It is in the Netherlands.", ["It is in The Hague."])
    assert missing_claims("It is in The Hague.", ["It is in the Netherlands."]) == ["Hague"]
    assert missing_claims("A Dutch minister of the Netherlands.", ["It is in The Hague."]) == [
        "Dutch",
        "Netherlands",
    ]
