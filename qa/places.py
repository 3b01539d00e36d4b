"""Countries under their other names: a country's people, and its capital where it stands for the government."""

import re
from functools import lru_cache

_SHORT_NAMES = frozenset({"uk", "us", "usa", "u.s.", "u.k.", "uae", "britain", "america", "holland", "england"})
_ALSO = {
    **dict.fromkeys(("uk", "u.k.", "britain"), "united kingdom"),
    **dict.fromkeys(("us", "u.s.", "usa", "america"), "united states"),
    **{"uae": "united arab emirates", "holland": "netherlands", "czechia": "czech republic"},
    **{"england": "england", "english": "england", "saudi": "saudi arabia", "argentine": "argentina"},
    **{"northern ireland": "northern ireland", "northern irish": "northern ireland", "philippine": "philippines"},
    **dict.fromkeys(("myanmar", "burmese", "burma"), "myanmar"),
    **{"drc": "democratic republic of the congo", "türkiye": "turkey", "kazakh": "kazakhstan"},
}
# Countries within a country, which the library leaves out.
_PEOPLES_WITHIN = {"welsh": "wales", "wales": "wales", "scottish": "scotland", "scotland": "scotland"}


def country_of(word: str) -> str:
    """Give the country that a name, or the name of a people, stands for: "france" for "French"; else nothing.

    Args:
        word: one word, in any case.
    """
    names = _peoples()
    return names.get(word.lower()) or names.get(word.lower().removesuffix("s"), "")


def country_of_capital(word: str) -> str:
    """Give the country whose capital a word names, as newspapers write it for its government; else nothing.

    Args:
        word: one word, in any case.
    """
    return _capitals().get(word.lower(), "")


def without_capitals(text: str) -> str:
    """Give a text without the names of capitals, but for those that are countries too, as Singapore is."""
    return _any_of(_capital_names() - _country_names()).sub(" ", text)


def without_countries(text: str) -> str:
    """Give a text without the names of countries, but for those that are capitals too."""
    return _any_of(_country_names() - _capital_names()).sub(" ", text)


def nations_in(text: str) -> frozenset[str]:
    """Give the countries that a text names, by themselves or by their people, each by one name, lower case.

    Args:
        text: in which names have their capitals: "us" is no country.
    """
    names = _nations()
    found = (match[0] for match in _any_of(frozenset(names)).finditer(text))
    return frozenset(names[word.lower()] for word in found if word[0].isupper() and word != "Us")


@lru_cache(maxsize=1)
def place_words() -> frozenset[str]:
    """Give the words, lower case, of which the names of countries and capitals are made: "new" and "delhi"."""
    return frozenset(word for name in _country_names() | _capital_names() for word in name.split())


@lru_cache(maxsize=3)
def _any_of(names: frozenset[str]) -> re.Pattern[str]:
    longest_first = sorted(names, key=lambda name: (-len(name), name))
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))})(?!\w)", re.IGNORECASE)


def _country_names() -> frozenset[str]:
    return frozenset(name for name, _, _ in _countries()) | _SHORT_NAMES | frozenset(_PEOPLES_WITHIN.values())


def _capital_names() -> frozenset[str]:
    return frozenset(capital.removesuffix(" d.c.") for _, _, capital in _countries()) - {""}


@lru_cache(maxsize=1)
def _peoples() -> dict[str, str]:
    found = {name: name for name, _, _ in _countries()}
    for name, people, _ in _countries():
        found.setdefault(people, name)
    return {word: name for word, name in found.items() if word and " " not in f"{word}{name}"} | _PEOPLES_WITHIN


@lru_cache(maxsize=1)
def _nations() -> dict[str, str]:
    found = {name: name for name, _, _ in _countries()}
    for name, people, _ in _countries():
        for each in re.split("[/,]", people):
            found.setdefault(each, name)
    return {word: name for word, name in (found | _PEOPLES_WITHIN | _ALSO).items() if word}


@lru_cache(maxsize=1)
def _capitals() -> dict[str, str]:
    found: dict[str, str] = {}
    for name, _, capital in _countries():
        found.setdefault(capital, name)
    # As newspapers write it: "Washington" is the government of the United States.
    short = {capital.removesuffix(" d.c."): name for capital, name in found.items()}
    return {word: name for word, name in short.items() if word and " " not in word}


@lru_cache(maxsize=1)
def _countries() -> list[tuple[str, str, str]]:
    """Give each country's name, people and capital, lower case; of those that share a word the largest first."""
    from countryinfo import CountryInfo

    rows = sorted(CountryInfo.all().values(), key=lambda row: -(row.get("population") or 0))
    texts = ([row.get(field) or "" for field in ("name", "demonym", "capital")] for row in rows)
    return [(str(name).lower(), str(people).lower(), str(capital).lower()) for name, people, capital in texts]
