"""The checkable claims of a sentence: its numbers, names and quotations, and whether a text holds them.

A claim that does not stand in the evidence is a sure sign of invention; one that stands there is
necessary for support, not sufficient.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from qa.newstime import ORDINALS
from qa.number_words import NUMBER_WORDS, SMALL, TENS, WORD_VALUES, in_digits
from qa.places import country_of, country_of_capital, held_by_cities
from qa.text import STOP_WORDS, plain_quotes, squeeze, stem

_SCALES = {
    "hundred": 2, "thousand": 3, "k": 3, "million": 6, "mn": 6, "m": 6,
    "billion": 9, "bn": 9, "b": 9, "trillion": 12, "tn": 12,
}  # fmt: skip
# "one of the", "a second look", "first of all": words that are numbers only when a unit follows.
_OFTEN_NOT_NUMBERS = frozenset({"one", "zero", "first", "second"})

_NUMBER_WORD = "|".join(sorted(NUMBER_WORDS, key=len, reverse=True))
# "twenty-six", "thirty-first"
_TENS_AND_UNITS = rf"(?:twenty|{'|'.join(TENS)})\s?[\s-]\s?(?:{'|'.join([*SMALL[1:10], *ORDINALS[1:10]])})"
_NUMBER = re.compile(
    r"(?P<currency>[$€£¥₹]\s?)?"
    rf"(?P<value>\d{{1,3}}(?:,\d{{2,3}})+(?:\.\d+)?|\d+(?:\.\d+)?|\b(?:{_TENS_AND_UNITS}|{_NUMBER_WORD})\b)"
    r"(?P<ordinal>st\b|nd\b|rd\b|th\b)?"
    r"(?:[\s-]?(?P<scale>hundred|thousand|million|billion|trillion|bn|mn|tn|[kmb])(?![a-z]))?"
    r"\s?(?P<percent>%|per\s?cent\b|percent\b)?",
    re.IGNORECASE,
)
_RANGE = re.compile(
    r"(?P<first>[$€£¥]?\d[\d.,]*)\s?(?:to|and|or|-|–|against|from)\s?[$€£¥]?\d[\d.,]*\s?"
    r"(?P<unit>thousand|million|billion|trillion|bn|mn|tn|%|per\s?cent|percent)",
    re.IGNORECASE,
)
_UNIT_LEFT_OUT = re.compile(r"\s*(?:$|[,.;)]|(?:and|to|against|with)\b)", re.IGNORECASE)
_SHARE = re.compile(
    rf"\b(?P<part>\d+|{_NUMBER_WORD}|one) (?:in|out of) (?:every )?(?P<whole>\d+|{_NUMBER_WORD})\b", re.IGNORECASE
)
_OTHER_WORDS = tuple(
    (re.compile(pattern, re.IGNORECASE), value, percent)
    for pattern, value, percent in (
        (r"\bhal(?:f|ves|ved)\b", "50", True),
        (r"\bthree[- ]quarters\b", "75", True),
        (r"\b(?:a|one)[- ]quarter\b", "25", True),
        (r"\b(?:a|one)[- ]fifth\b", "20", True),
        (r"\b(?:a|one)[- ]tenth\b", "10", True),
        (r"\bquarter[- ](?:percentage[- ])?point\b", "0.25", False),
        (r"\bhalf[- ](?:a[- ])?(?:percentage[- ])?point\b", "0.5", False),
        (r"\bdecades?\b", "10", False),
        (r"\bcentur(?:y|ies)\b", "100", False),
        (r"\bdozens?\b", "12", False),
        (r"\bfortnight\b", "14", False),
        (r"\b(?:couple|pair|both|twice|two)\b", "2", False),
    )
)
_QUOTATION = re.compile(r'"([^"]{2,})"')
_NAME_WORD = re.compile(r"[^\W\d_](?:[^\W_]|[.'’-](?=[^\W_]))*\.?", re.UNICODE)
# Different spellings of the same country: general English, no data set's habit.
_SAME_NAME = {
    "united states": ("us", "usa", "america", "american", "americans"),
    "united kingdom": ("uk", "britain", "british"),
    "european union": ("eu",),
}
_HONORIFICS = frozenset("mr mrs ms miss dr sir prof".split())
_ROOT = 4  # letters that a place and its people must share


@dataclass(frozen=True, slots=True)
class Number:
    """A figure: its value with the scale applied, and whether it is a percentage."""

    value: Decimal
    percent: bool


def numbers(text: str) -> list[Number]:
    """Find the figures of a text: "$126 billion" and "126bn" are both 126,000,000,000; "2 percent" is "2%"."""
    found = []
    text = in_digits(text)
    for match in _NUMBER.finditer(text):
        number = _to_number(match, text)
        if number is not None:
            found.append(number)
    return found


def without_figures(text: str) -> str:
    """Give a text without its figures, their scales and signs."""
    return _NUMBER.sub(" ", text)


def _ranged(text: str) -> list[Number]:
    """Find the first figures of ranges, which take the scale of the second: "4.1 to 4.6 million"."""
    return [n for m in _RANGE.finditer(text) for n in numbers(f"{m['first']} {m['unit']}")]


def _without_percent_sign(text: str) -> list[Number]:
    """Find percentages whose sign stands only at the first of a list: "Ruiz took 36 per cent, Said 33.8"."""
    found = []
    for sentence in re.split(r"(?<=[.;!?])\s|\n", text):
        figures = list(_NUMBER.finditer(sentence))
        signs = [match.end() for match in figures if match["percent"]]
        later = [m for m in figures if signs and m.start() > signs[0] and _UNIT_LEFT_OUT.match(sentence, m.end())]
        bare = [_to_number(match, sentence) for match in later if not (match["scale"] or match["currency"])]
        found += [Number(number.value, percent=True) for number in bare if number is not None]
    return found


def _scales_up(bare: Number, scaled: Number) -> bool:
    """Tell whether one figure is another with a scale or percent sign: the 180 of "180 to 210 million"."""
    return bare != scaled and str(scaled.value.normalize().as_tuple().digits) == str(
        bare.value.normalize().as_tuple().digits
    )


def _in_words(text: str) -> list[Number]:
    """Find the figures that a text gives in other words: "nine in ten" is 90%, "a decade" 10."""
    found = [Number(Decimal(value), percent) for p, value, percent in _OTHER_WORDS if p.search(text)]
    for match in _SHARE.finditer(text):
        part, whole = numbers(match["part"]), numbers(match["whole"])
        if part and whole and whole[0].value:
            share = (part[0].value * 100 / whole[0].value).normalize()
            found.append(Number(share, percent=True))
    return found


def _to_number(match: re.Match[str], text: str) -> Number | None:
    raw = match["value"].lower().replace(",", "")
    glued_before = match.start() > 0 and text[match.start() - 1].isalnum()
    if glued_before and not match["currency"]:
        return None  # the 4 of "G4" belongs to a name
    if raw in _OFTEN_NOT_NUMBERS and not (match["scale"] or match["percent"]):
        return None
    parts = re.split(r"[\s-]+", raw)
    try:
        in_words = all(part in WORD_VALUES for part in parts)
        value = Decimal(sum(WORD_VALUES[part] for part in parts)) if in_words else Decimal(raw)
    except InvalidOperation:
        return None
    if match["scale"]:
        value *= Decimal(10) ** _SCALES[match["scale"].lower()]
    return Number(value.normalize(), bool(match["percent"]))


def quotations(text: str) -> list[str]:
    """Find what a text puts between quotation marks."""
    return [squeeze(match.group(1)) for match in _QUOTATION.finditer(plain_quotes(text))]


def name_words(text: str, known: frozenset[str] = frozenset()) -> list[str]:
    """Find the capitalised words of a text that are not merely the first word of a sentence.

    A capitalised first word counts when it is no common word and the next one is capitalised too, when it
    stands in capitals ("NATO"), or when it is among the known names. Months and days count: they are dates.

    Args:
        text: what to look through.
        known: names, lower case, that are names at the start of a sentence too ("Germany spends ...").
    """
    found: list[str] = []
    tokens = list(_NAME_WORD.finditer(text))
    for index, match in enumerate(tokens):
        word = match.group().rstrip(".") if match.group().count(".") == 1 else match.group()
        word = re.sub(r"['’]s$", "", word)
        if not word[0].isupper() or (word.lower() in STOP_WORDS and not word.isupper()):
            continue
        at_start = _starts_sentence(text, match.start()) and word.lower() not in known
        if at_start and not _name_at_start(word, tokens, index):
            continue
        if len(word) > 1:
            found.append(word)
    return found


def _starts_sentence(text: str, position: int) -> bool:
    before = text[:position].rstrip().rstrip("\"'“”‘’([")
    return not before.strip() or before.rstrip()[-1] in ".!?:\n"


def _name_at_start(word: str, tokens: list[re.Match[str]], index: int) -> bool:
    if word.replace(".", "").isupper():
        return True
    following = tokens[index + 1].group() if index + 1 < len(tokens) else ""
    return following[:1].isupper()


def missing_claims(sentence: str, texts: Iterable[str], names: frozenset[str] = frozenset()) -> list[str]:
    """List the numbers, names and quotations of a sentence that none of the texts holds.

    Args:
        sentence: the sentence to check.
        texts: where the claims may stand.
        names: known names, lower case, which count at the start of the sentence too.

    Returns:
        The claims as written, or normalised for numbers; empty when all are there.
    """
    whole = "\n".join(texts)
    known_numbers = {*numbers(whole), *_ranged(whole), *_in_words(whole), *_without_percent_sign(whole)}
    scaled = {n.value: m for m in _ranged(sentence) for n in numbers(sentence) if _scales_up(n, m)}
    missing = [
        _show(n) for n in numbers(sentence) if n not in known_numbers and scaled.get(n.value) not in known_numbers
    ]
    known_names = _name_forms(whole)
    unknown = [
        name
        for name in name_words(sentence, names)
        if not _name_known(name, known_names) and name.lower().rstrip(".") not in _HONORIFICS
    ]
    around = held_by_cities(sentence, whole) if unknown else ()
    missing += [name for name in unknown if name.lower() not in around]
    flat = squeeze(plain_quotes(whole)).lower()
    missing += [f'"{q}"' for q in quotations(sentence) if q.lower().strip(" .,") not in flat]
    return missing


def countries_meant(missing: Iterable[str], texts: Sequence[str]) -> dict[str, str]:
    """Find the capitals among the claims that texts lack, whose country one of them names: "Kyiv" for Ukraine.

    Returns:
        The countries, by the names of their capitals as the claims write them.
    """
    countries = {claim: country_of_capital(claim).title() for claim in missing}
    return {
        capital: country
        for capital, country in countries.items()
        if country and not missing_claims(f"In {country}", texts)
    }


def _show(number: Number) -> str:
    return f"{number.value:f}" + ("%" if number.percent else "")


def name_stems(names: Collection[str]) -> set[str]:
    """Give the stems of the words of a name, with those of its other spellings: "US" is the United States too."""
    lower = {name.lower().replace(".", "") for name in names}
    for full, aliases in _SAME_NAME.items():
        if set(full.split()) <= lower or not lower.isdisjoint(aliases):
            lower |= {*aliases, *full.split()}
    return {stem(name) for name in lower}


def _name_forms(text: str) -> set[str]:
    forms = set()
    for match in _NAME_WORD.finditer(text):
        forms |= _forms(match.group())
    lower = squeeze(text).lower()
    for full, aliases in _SAME_NAME.items():
        if full in lower or forms & set(aliases):
            forms |= {*aliases, *full.split()}
    return forms


def _name_known(name: str, known: set[str]) -> bool:
    if _forms(name) & known:
        return True
    parts = [part for part in re.split(r"[-’']", name) if part]
    return len(parts) > 1 and all(_forms(part) & known for part in parts)


def _forms(word: str) -> set[str]:
    bare = re.sub(r"['’]s?$", "", word.lower()).replace(".", "")
    return {bare, stem(bare), country_of(bare), _root_of(bare)} - {""}


def _root_of(word: str) -> str:
    """Give the beginning that a place shares with its people: "californ" of California and Californian."""
    root = re.sub(r"(?:ese|ians?|ans?|ish|ia|a|y|land|e|s)$", "", word)
    return f"{root}-" if len(root) >= _ROOT else ""
