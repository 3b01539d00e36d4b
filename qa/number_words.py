"""Numbers that are written out: "six hundred and forty" is 640, "two hundred thousand" 200,000."""

import re

from qa.newstime import ORDINALS

SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty"
).split()
TENS = {
    "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
WORD_VALUES: dict[str, int] = {
    **{word: value for value, word in enumerate(SMALL)},
    **{word: value for value, word in enumerate(ORDINALS)},
    **TENS,
}
NUMBER_WORDS = frozenset(WORD_VALUES)

_POWERS = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_LARGE = "|".join(list(_POWERS)[1:])
_UNDER_100 = (
    rf"(?:(?:twenty|{'|'.join(TENS)})(?:[\s-](?:{'|'.join(SMALL[1:10])}))?|{'|'.join(reversed(SMALL[1:]))})\b"
)
_JOIN = r"\s(?:and\s)?"
_ENDS = rf"(?![\s-](?:hundred|{_LARGE}))"  # "one hundred and two hundred" are two numbers
_HUNDRED = rf"(?:an?|{_UNDER_100})[\s-]hundred\b"
_HUNDREDS = rf"{_HUNDRED}(?:{_JOIN}{_UNDER_100}{_ENDS})?"
_UNDER_1000 = rf"(?:{_HUNDREDS}|{_UNDER_100}){_ENDS}"
_SO_MANY = rf"(?:an?|{_HUNDRED}{_JOIN}{_UNDER_100}|{_HUNDRED}|{_UNDER_100})"  # of the thousands or millions
_THOUSANDS = rf"{_SO_MANY}[\s-]thousand\b(?:{_JOIN}{_UNDER_1000})?"
_MILLIONS = rf"{_SO_MANY}[\s-](?:million|billion)\b(?:{_JOIN}(?:{_THOUSANDS}|{_UNDER_1000}))?"
_MAY_BE_COMPOSED = re.compile(rf"[a-z][\s-](?:hundred|{_LARGE})\b", re.IGNORECASE)  # the other is slow
_COMPOSED = re.compile(rf"\b(?<!\bof )(?P<half>half )?(?:{_MILLIONS}|{_THOUSANDS}|{_HUNDREDS})", re.IGNORECASE)


def in_digits(text: str) -> str:
    """Give a text with its numbers of several words in digits; others, and ordinals, stay as they are.

    A library for this was tried (text2num 3.1): "$4 million" becomes "$4 1000000" by it, and "between one hundred
    and two hundred" 102 and 100.
    """
    return _COMPOSED.sub(_digits, text) if _MAY_BE_COMPOSED.search(text) else text


def _digits(match: re.Match[str]) -> str:
    total = current = 0
    for word in re.findall("[a-z]+", match.group().lower()):
        if word in ("a", "an"):
            current = 1
        elif word == "hundred":
            current *= _POWERS[word]
        elif word in _POWERS:
            total, current = total + current * _POWERS[word], 0
        else:
            current += WORD_VALUES.get(word, 0)  # "and", "half"
    value = total + current
    return str(value // 2 if match["half"] else value)
