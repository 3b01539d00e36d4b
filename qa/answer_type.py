"""The type of answer that a question asks for, by rule: a figure, a date, a name, somebody's words, yes or no."""

import re
from enum import StrEnum

from qa.claims import name_words, numbers, quotations, without_figures
from qa.newstime import MONTHS
from qa.places import nations_in, place_words, without_capitals, without_countries
from qa.syntax import parse
from qa.text import words


class AnswerType(StrEnum):
    """What an answer must hold to be one."""

    FIGURE = "figure"
    DATE = "date"
    NAME = "name"
    WORDS = "words"  # somebody's own


_ASKS_FIGURE = re.compile(
    r"\b(?:how (?:many|much|old|large|big|tall|high|deep|wide|heavy)"
    r"|(?:what|which) (?:year|percentage|percent|share|proportion|fraction|number of|amount))\b",
    re.IGNORECASE,
)
# Words that answer "how many" without a figure.
_QUANTITIES = frozenset(
    "no none nobody nothing all every both half quarter third twice double triple dozen dozens hundreds thousands "
    "millions billions trillions majority most one single several few zero little least".split()
)


_ASKS_MEASURE = re.compile(
    r"\bhow (?:many|much|long|old|far|high|tall|big|large|deep|wide|fast|often|heavy|few)\b"
    r"|\b(?:what|which) (?:\w+ ){0,2}(?:percentage|percent|share|proportion|fraction|number"
    r"|amount|price|cost|sum|rate|"
    r"figure|figures|total|score|age|size|length|speed|majority|toll|target|limit)\b",
    re.IGNORECASE,
)
_ASKS_DATE = re.compile(
    r"\bwhen\b(?=[^,]*\?)|\b(?:what|which) (?:exact |last |first )?(?:date|day|month|year|week|weekday|time)\b"
    r"|\bhow (?:soon|recently|long ago)\b|\b(?:deadline|what time|since when|until when|by when)\b",
    re.IGNORECASE,
)
_ASKS_NAME = re.compile(
    r"\b(?:who|whom|whose)\b(?!\s*,)|\b(?:what|which) (?:\w+ ){0,2}(?:company|person|firm|man"
    r"|woman|player|team|club|"
    r"country|city|state|bank|party|minister|outlet|newspaper|agency|organi[sz]ation|entity|individual|name|university|"
    r"school|group|actor|author|singer|place|town|village|river|island|ship|book|film|song|band|brand)\b|\bwhere\b",
    re.IGNORECASE,
)
# "Which country's minister" asks for the minister.
_ASKS_COUNTRY = re.compile(
    r"\b(?:what|which) (?:\w+ ){0,2}(?:country|countries|nation|nations)\b(?!['’])", re.IGNORECASE
)
_ASKS_TOWN = re.compile(
    r"\b(?:what|which) (?:\w+ ){0,2}(?:city|cities|town|towns|capital|village)\b(?!['’])", re.IGNORECASE
)
# What stands where a country may that holds what is asked for: "Which German town", "Where in Germany".
_PLACES = (
    "city|town|village|capital|port|harbou?r|airport|state|province|region|county|canton|district|suburb|island|"
    "location|place|site|venue"
)
_ASKS_WITHIN = re.compile(
    rf"\b(?:[Ww]hat|[Ww]hich) ([A-Z]\w+(?: [A-Z]\w+)?) (?:\w+ )?(?:{_PLACES})\b"
    rf"|\b(?:[Ww]here|(?:[Ww]hat|[Ww]hich) (?:{_PLACES})) in(?: the)? ([A-Z]\w+(?: [A-Z]\w+)?)"
)
_ASKS_SOMEBODY = re.compile(
    r"^(?:(?:and|but|so|to|by|for|from|with|of|on|against)\s+)*(?:who|whom|whose)\b", re.IGNORECASE
)
# Words beside a figure that name nobody.
_OF_FIGURES = frozenset(
    "about almost over under nearly around more than less at least most only per cent percent in on the a of and "
    "to dollars euros pounds kronor crowns years months weeks days hours minutes year old".split()
)
_ASKS_WORDS = re.compile(
    r"\bhow (?:did|does|do|has|have|was|were|is|are)\b.*\b(?:put|describe|described|call|called"
    r"|characteri[sz]e|explain|"
    r"sum up|comment|react|respond|phrase)\b"
    r"|\b(?:what|which) (?:\w+ ){0,2}(?:did|does|do|has|have|was|were)\b.*"
    r"\b(?:say|said|call|called|tell|told|complain|warn|argue|claim|promise|ask|demand|think|write|add|reply|insist)\b"
    r"|\bwhat (?:\w+ )?(?:words|phrase|term|comparison)\b|\bin (?:his|her|their|whose) (?:own )?words\b",
    re.IGNORECASE,
)
_HOLDS_DATE = re.compile(
    r"\b(?:january|february|march|april|may|june|july|august|september|october|november|december"
    r"|(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\."
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day|yesterday|today|tomorrow|(?:1[5-9]|20|21)\d\d"
    r"|(?:last|next|this) (?:week|month|year|spring|summer|autumn|winter)|\d{1,2}[.:]\d\d)\b",
    re.IGNORECASE,
)

_VERB = (
    r"(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|shall|may|might|must)(?:n't|n’t)?"
)
_OPENS_YES_NO = re.compile(rf"^(?:and\s+|but\s+|so\s+|or\s+)?{_VERB}\b", re.IGNORECASE)
# "Between A and B, was there ...?"
_LATER_YES_NO = re.compile(rf",\s*(?:and\s+)?{_VERB}\s+(?:the|there|a|an|its?|their|this|that|[A-Z'‘“\"])")
_ASKS_WORD = re.compile(r"\b(?:what|which|who|whom|whose|when|where|why|how)\b(?!\s*,)", re.IGNORECASE)
_PASSES_ON = re.compile(r"^\s*(?:and\s+|but\s+|so\s+)?(?:what|how) about\b", re.IGNORECASE)
_OPPOSITES = r"\bconsistent or inconsistent\b|\binconsistent or consistent\b"
_OFFERS = re.compile(
    rf"{_OPPOSITES}|\b\w+er or \w+er\b|\bmore or (?:less|fewer)\b"
    r"|\b(?P<of>in|on|at|over|under|by|for|with|from|during) [^?]+ or (?P=of) "
    r"|[?.]\s+[A-Z][^?]* or [^?]*\?$|\b(?:first|earlier|later|last|more|better)\b.*"
    r"[,:]\s+(?:the\s+)?[\w' -]+ or (?:the\s+)?[\w' -]+\?$",
)


_OF_NOW = re.compile(r"\b(?:is|are|does|do|will|has|have|can|would|should)\b", re.IGNORECASE)
_OF_THEN = re.compile(
    r"\b(?:did|was|were|had|been|before|after|originally|initially|at first|first|earlier|previous(?:ly)?"
    rf"|under the|last|{'|'.join(m for m in MONTHS if m != 'may')})\b",
    re.IGNORECASE,
)


def may_be_yes_no(question: str) -> bool:
    """Tell whether yes or no answers a question: it opens with a verb, or its main clause after a comma does."""
    text = question.strip()
    if _OFFERS.search(text):
        return False
    if _OPENS_YES_NO.match(text):
        return True
    later = _LATER_YES_NO.search(text)
    return bool(later) and not _ASKS_WORD.match(text)


def offers_opposites(question: str) -> bool:
    """Tell whether a question asks if something is consistent or inconsistent."""
    return bool(re.search(_OPPOSITES, question, re.IGNORECASE))


def asks_itself(question: str) -> bool:
    """Tell whether a follow-up has a question word of its own: "Who disagreed?", not "And the mayor?"."""
    return bool(_ASKS_WORD.search(question)) and not _PASSES_ON.match(question)


def answer_types(question: str) -> frozenset[AnswerType]:
    """Give the types of answer that a question may ask for; empty where no rule tells."""
    patterns = {
        AnswerType.FIGURE: _ASKS_MEASURE,
        AnswerType.DATE: _ASKS_DATE,
        AnswerType.NAME: _ASKS_NAME,
        AnswerType.WORDS: _ASKS_WORDS,
    }
    return frozenset(kind for kind, pattern in patterns.items() if pattern.search(question))


def holds_type(text: str, kind: AnswerType, question: str) -> bool:
    """Tell whether a text holds something of a type that the question does not hold already."""
    if kind is AnswerType.FIGURE:
        return gives_figure(text, question)
    if kind is AnswerType.DATE:
        asked = {match.group().lower() for match in _HOLDS_DATE.finditer(question)}
        return any(match.group().lower() not in asked for match in _HOLDS_DATE.finditer(text))
    if kind is AnswerType.NAME:
        asked = {word.lower() for word in words(question)}
        return any(name.lower() not in asked for name in name_words(text))
    return bool(quotations(text))


def asks_how_it_stands(question: str) -> bool:
    """Tell whether a question is about the present or what is to come, with no time or figure of its own."""
    if _OF_THEN.search(question) or numbers(question):
        return False
    return bool(_OF_NOW.search(question)) or any(token.tag in ("VBP", "VBZ") for token in parse(question))


def asks_figure(question: str) -> bool:
    """Tell whether a question can only be answered by a figure or a quantity."""
    return bool(_ASKS_FIGURE.search(question))


def gives_figure(text: str, question: str) -> bool:
    """Tell whether a text gives a figure or a quantity, other than those the question already holds."""
    asked = set(numbers(question))
    if any(number not in asked for number in numbers(text)):
        return True
    known = {word.lower() for word in words(question)}
    return any(word.lower() in _QUANTITIES - known for word in words(text))


def is_no_name(question: str, short: str) -> bool:
    """Tell whether a bare answer is a figure or a date alone, where a question asks for somebody: "To whom?"."""
    if not _ASKS_SOMEBODY.search(question) or not (numbers(short) or _HOLDS_DATE.search(short)):
        return False
    if not any(character.isdigit() for character in short) and not numbers(short):
        return False  # "May"
    rest = _HOLDS_DATE.sub(" ", without_figures(short))
    return not any(word.isalpha() and word not in _OF_FIGURES for word in words(rest))  # "50 Cent"


def names_otherwise(question: str, text: str) -> bool:
    """Tell whether a text names places of another kind alone than a question asks for: "Brussels" is no country.

    Nor is the country an answer in which the question looks for something: "Germany" is no German town.

    Args:
        question: "Which country ...?", "Which city ...?", "Which German town ...?"; of any other, nothing is told.
        text: an answer. Names that the question holds already do not count.

    Returns:
        False where it names anything else too, or nothing: a country that nobody knows may be one.
    """
    asked = {word.lower() for word in words(question)}
    named = [name for name in name_words(text, place_words()) if name.lower() not in asked]
    told = " ".join(named)
    within = nations_in(" ".join("".join(found) for found in _ASKS_WITHIN.findall(question)))
    if within and told and nations_in(told) <= within and not without_countries(told).strip():
        return True
    if _ASKS_COUNTRY.search(question):
        without = without_capitals
    elif _ASKS_TOWN.search(question):
        without = without_countries
    else:
        return False
    return bool(told) and not without(told).strip()
