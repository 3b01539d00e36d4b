"""Countries under their other names: a country's people, and its capital where it stands for the government."""

from functools import lru_cache

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


@lru_cache(maxsize=1)
def _peoples() -> dict[str, str]:
    found = {name: name for name, _, _ in _countries()}
    for name, people, _ in _countries():
        found.setdefault(people, name)
    return {word: name for word, name in found.items() if word and " " not in f"{word}{name}"} | _PEOPLES_WITHIN


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
