"""What a sentence is made of, for the groundedness checker: words, figures, dates and names, with positions.

It shares no code with the check inside the pipeline (qa.claims, qa.grounding), so that the two cannot be
wrong in the same way.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from qa.text import STOP_WORDS, plain_quotes, stem

_TOKEN = re.compile(
    r"[$£€]?\d+(?:,\d{3})*(?:\.\d+)?(?:bn|tn|mn|[mk](?![a-z]))?%?|[^\W\d_]+(?:['.-][^\W\d_]+)*\.?|[^\w\s]"
)
_BOUNDARY = re.compile(r"^(?:[,;:()\"]|-|while|whereas|but|although|though|which|who)$")
_SENTENCE_END = re.compile(r"^[.!?]$")
_SCALES = {"hundred": 2, "thousand": 3, "k": 3, "million": 6, "mn": 6, "m": 6, "billion": 9, "bn": 9,
           "trillion": 12, "tn": 12}  # fmt: skip
_SMALL = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
          "seventeen eighteen nineteen twenty").split()  # fmt: skip
_WORDS = {word: value for value, word in enumerate(_SMALL)} | {
    "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_FRACTIONS = {"half": Decimal("0.5"), "third": Decimal(1) / 3, "quarter": Decimal("0.25"), "fifth": Decimal("0.2"),
              "eighth": Decimal("0.125"), "tenth": Decimal("0.1")}  # fmt: skip
_ORDINALS = {word: value for value, word in enumerate(
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
    "fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth".split())}  # fmt: skip
_UNIT_OF = {
    "$": "dollar", "£": "pound", "€": "euro", "%": "percent", "cent": "percent",
    "km": "kilometre", "meter": "metre", "ton": "tonne",
    **{unit: unit for unit in (
        "dollar pound euro crown yen pence percent metre kilometre centimetre millimetre mile tonne kilogram "
        "litre hectare acre hour minute day week month year point"
    ).split()},
}  # fmt: skip
_MONTHS = ("january february march april may june july august september october november december").split()
_WEEKDAYS = frozenset("monday tuesday wednesday thursday friday saturday sunday".split())
# After a capitalised word at the start of a sentence, these show that it is a name: "Farrow declined".
_NAME_IS_BEFORE = frozenset("said says told added called argued declined warned denied wanted has was is".split())
_YEARS = range(1500, 2200)


@dataclass(frozen=True, slots=True)
class Token:
    """A word or sign; `clause` and `sentence` count from 0 within the text."""

    text: str
    stem: str
    clause: int
    sentence: int
    is_content: bool


@dataclass(frozen=True, slots=True)
class Anchor:
    """A figure, date or name at a position (of its first token) with what must agree for two to be the same."""

    kind: str  # "figure", "date", "weekday" or "name"
    value: tuple[str, ...]  # a figure's value; a date's day, month, year ("" unknown); a name's words, lower case
    unit: str
    at: int
    length: int


@dataclass(frozen=True, slots=True)
class Text:
    """A text in units."""

    tokens: tuple[Token, ...]
    anchors: tuple[Anchor, ...]

    def of_kind(self, kind: str) -> list[Anchor]:
        """Give the anchors of one kind."""
        return [anchor for anchor in self.anchors if anchor.kind == kind]

    def stems(self) -> set[str]:
        """Give the stems of the words that carry meaning."""
        return {token.stem for token in self.tokens if token.is_content}


@lru_cache(maxsize=2000)
def analyse(text: str) -> Text:
    """Cut a text into its units."""
    tokens = _tokens(plain_quotes(text).replace("–", "-").replace("—", " - "))
    dates = _dates(tokens)
    taken = {i for date in dates for i in range(date.at, date.at + date.length)}
    figures = [figure for figure in _figures(tokens) if figure.at not in taken]
    taken |= {figure.at for figure in figures}
    names = _names(tokens, taken)
    return Text(tuple(tokens), tuple(sorted([*dates, *figures, *names], key=lambda anchor: anchor.at)))


def values_in_words(text: str) -> set[str]:
    """Give the values that a text writes as fractions, ordinals or times: "a third", "nine in ten", "19th"."""
    lower = text.lower()
    values: set[Decimal] = set()
    for word, part in _FRACTIONS.items():
        if re.search(rf"\b(?:an?|one|per)?\s?{word}s?\b", lower):
            values |= {part, part * 100}
    number = r"(\d+|" + "|".join(_WORDS) + ")"
    for few, all_ in re.findall(rf"\b{number} (?:in|out of) (?:every )?{number}\b", lower):
        share = _plain(few) / _plain(all_) if _plain(all_) else Decimal(0)
        values |= {share * 100, share}
    values |= {Decimal(digits) for digits in re.findall(r"\b(\d+)(?:st|nd|rd|th)\b", lower)}
    values |= {Decimal(value) for word, value in _ORDINALS.items() if re.search(rf"\b{word}\b", lower)}
    for hour, minute in re.findall(r"\b(\d{1,2})(?:[.:](\d{2}))? ?p\.?m", lower):
        values |= {Decimal(int(hour) % 12 + 12), Decimal(minute or 0)}
    values |= {
        Decimal(value) for word, value in (("decade", 10), ("dozen", 12), ("century", 100)) if word in lower
    }
    return {f"{value.normalize():f}" for value in values}


def _plain(number: str) -> Decimal:
    return Decimal(_WORDS[number]) if number in _WORDS else Decimal(number)


def _tokens(text: str) -> list[Token]:
    found: list[Token] = []
    clause = sentence = 0
    pieces = _TOKEN.findall(text)
    for i, piece in enumerate(pieces):
        word = piece if re.fullmatch(r"(?:[A-Za-z]\.)+", piece) else piece.rstrip(".")
        lower = re.sub(r"'s?$", "", word.lower())
        is_content = bool(lower) and lower[0].isalnum() and lower not in STOP_WORDS
        if _BOUNDARY.match(lower):
            clause += 1
        found.append(Token(word, stem(lower) if lower[:1].isalpha() else lower, clause, sentence, is_content))
        ended = _SENTENCE_END.match(piece) or (piece.endswith(".") and word != piece)
        if ended and (i + 1 == len(pieces) or pieces[i + 1][:1].isupper() or pieces[i + 1] in "\"'"):
            clause += 1
            sentence += 1
    return found


def _figures(tokens: list[Token]) -> list[Anchor]:
    found = []
    i = 0
    while i < len(tokens):
        value = _value(tokens[i].text)
        if value is None:
            i += 1
            continue
        length, unit = 1, _own_unit(tokens[i].text)
        following = tokens[i + 1].text.lower() if i + 1 < len(tokens) else ""
        if following in _SCALES:
            value *= Decimal(10) ** _SCALES[following]
            length = 2
        unit = unit or _following_unit(tokens, i + length)
        if following == "per" or tokens[i].text.endswith("%"):
            unit = "percent"
        found.append(Anchor("figure", (f"{value.normalize():f}",), unit, i, length))
        i += length
    return found


def _value(text: str) -> Decimal | None:
    lower = text.lower()
    if lower in _WORDS and lower != "one":
        return Decimal(_WORDS[lower])
    first, _, second = lower.partition("-")
    if first in _WORDS and second in _WORDS:
        return Decimal(_WORDS[first] + _WORDS[second])
    if first in _WORDS and second and first != "one":  # "ten-month"
        return Decimal(_WORDS[first])
    match = re.fullmatch(r"[$£€]?(\d[\d,]*(?:\.\d+)?)(bn|tn|mn|[mk])?%?", lower)
    if not match:
        return None
    value = Decimal(match[1].replace(",", ""))
    return value * Decimal(10) ** _SCALES[match[2]] if match[2] else value


def _own_unit(text: str) -> str:
    return _UNIT_OF.get(text[0], "")


def _following_unit(tokens: list[Token], at: int) -> str:
    for token in tokens[at : at + 2]:
        word = token.text.lower()
        unit = _UNIT_OF.get(word) or _UNIT_OF.get(word.removesuffix("s"))
        if unit:
            return unit
        if not word.isalpha() or not token.is_content:
            break
    return ""


def _dates(tokens: list[Token]) -> list[Anchor]:
    """Find dates as (day, month, year), each "" where it is not said."""
    found = []
    i = 0
    while i < len(tokens):
        text = tokens[i].text
        if text.lower() in _MONTHS and text[0].isupper() and not _is_modal_may(tokens, i):
            month = str(_MONTHS.index(text.lower()) + 1)
            day_before = _day(tokens, i - 1)
            day_after = "" if day_before else _day(tokens, i + 1)
            at = i - 1 if day_before else i
            end = i + 2 if day_after else i + 1
            year_at = end + 1 if end < len(tokens) and tokens[end].text == "," else end
            year = _year(tokens, year_at)
            found.append(
                Anchor("date", (day_before or day_after, month, year), "", at, (year_at + 1 if year else end) - at)
            )
            i = year_at + 1 if year else end
            continue
        if year := _year(tokens, i):
            found.append(Anchor("date", ("", "", year), "", i, 1))
        i += 1
    return found


def _is_modal_may(tokens: list[Token], i: int) -> bool:
    dated = _day(tokens, i - 1) or _day(tokens, i + 1) or _year(tokens, i + 1)
    before = tokens[i - 1].text.lower() if i else ""
    led = before in ("", "in", "since", "until", "by", "from", "of", "last", "next")
    return tokens[i].text == "May" and not dated and not led


def _day(tokens: list[Token], i: int) -> str:
    text = tokens[i].text if 0 <= i < len(tokens) else ""
    return str(int(text)) if re.fullmatch(r"[0-3]?\d", text) and 1 <= int(text) <= 31 else ""


def _year(tokens: list[Token], i: int) -> str:
    text = tokens[i].text if 0 <= i < len(tokens) else ""
    if not re.fullmatch(r"\d{4}", text) or int(text) not in _YEARS:
        return ""
    following = tokens[i + 1].text.lower() if i + 1 < len(tokens) else ""
    return "" if following in _SCALES or following.removesuffix("s") in _UNIT_OF else text


_LINKS = frozenset({"of", "the", "&", "and", "de", "van", "von"})


def _names(tokens: list[Token], taken: set[int]) -> list[Anchor]:
    """Find runs of capitalised words; at the start of a sentence only those that look like names."""
    found = []
    i = 0
    while i < len(tokens):
        if i in taken or not _name_word(tokens, i):
            i += 1
            continue
        end = i + 1
        while end < len(tokens) and tokens[end].clause == tokens[i].clause:
            if end not in taken and tokens[end].text[:1].isupper():
                end += 1
            elif tokens[end].text == "&" and end + 1 < len(tokens) and tokens[end + 1].text[:1].isupper():
                end += 2
            else:
                break
        words = tuple(re.sub(r"'s?$", "", t.text.lower()) for t in tokens[i:end] if t.text.lower() not in _LINKS)
        kind = "weekday" if set(words) <= _WEEKDAYS else "name"
        found.append(Anchor(kind, words, "", i, end - i))
        i = end
    return found


def _name_word(tokens: list[Token], i: int) -> bool:
    token = tokens[i]
    if not token.text[:1].isupper() or token.text.lower() in STOP_WORDS:
        return False
    at_start = i == 0 or tokens[i - 1].sentence != token.sentence or tokens[i - 1].text in ('"', ":")
    if not at_start:
        return True
    following = tokens[i + 1].text if i + 1 < len(tokens) else ""
    acronym = token.text.isupper() and len(token.text) > 1
    return acronym or following[:1].isupper() or following in _NAME_IS_BEFORE
