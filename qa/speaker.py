"""Whose words a question asks for: what somebody else says, or nobody there, is no answer to "What did X say?"."""

import re
from collections.abc import Sequence

from qa.frames import SPEECH, Frame, Phrase, frames_of
from qa.models import Evidence
from qa.prompts import describe
from qa.syntax import Token, parse
from qa.text import stem, words

_PRONOUNS = frozenset("i we my our he she his her they".split())
# What people think, write or blame may be told by anybody.
_TOLD_OF = frozenset(
    "think believe expect write praise blame criticise criticize accuse reveal respond recall".split()
)
_NAMING = frozenset("call describe".split())
_FINITE = frozenset(("VBD", "VBZ", "VBP", "MD"))
_COMPARING = frozenset("compare liken".split())  # "What did X compare it to?" asks for X's words too
# Who speaks in an interview: "Noor Haddad: We ..."
LABEL = r"\W*((?:[A-Z][\w'’.-]*\s+){0,3}[A-Z][\w'’.-]*):\s"
_LABEL = re.compile(rf"(?:^|\n){LABEL}")
_BODIES = ("ORG", "GPE", "NORP", "FAC", "LOC")
_LOOKED_AT = 3000  # characters of an article in which whoever speaks is called a person
_BEFORE = 800  # characters in which whoever speaks is named
_NAME = r"(?P<name>(?:[A-Z][\w.’-]*\s)*[A-Z][\w.-]*?)"
_IN_WORDS = (
    # "in Ana Ruiz's view"
    re.compile(
        rf"\bin (?:[a-z]+ )*{_NAME}(?:'s|’s|'|’) (?:own )?"
        r"(?:view|opinion|words|account|judg[e]?ment|eyes|estimation|estimate)\b"
    ),
    # "How did the minister Ana Ruiz put it?", "In what words did she dismiss it?"
    re.compile(
        rf"\b[Hh]ow (?:did|does|has) (?:[a-z-]+ )*{_NAME} (?:phrased?|word(?:ed)?|express(?:ed)?|sum(?:med)? up"
        r"|put (?:it|[^?]*\b(?:argument|case|matter|message|point|position|stance|view)s?))\b"
    ),
    re.compile(rf"\b[Ii]n (?:what|which) words (?:did|does|has) (?:[a-z-]+ )*{_NAME} [a-z]"),
)


def names_of_speakers(question: str, outlets: frozenset[str] = frozenset()) -> list[frozenset[str]]:
    """Give the names of those whose words a question asks for: "How many did Ana Ruiz say there were?".

    Args:
        question: as typed.
        outlets: lower-case words of the names of outlets, which report what others say.

    Returns:
        For each speaker the words of the name, lower case; empty for other questions.
    """
    tokens = parse(question)
    asking = [frame for frame in frames_of(question) if _asks_for_words(frame, tokens)]
    found = [phrase for frame in asking for phrase in frame.agents if phrase.at > _helper(frame, tokens)]
    names = [_own_name(tokens, p) for p in found if not p.pronoun]
    names += [frozenset(words(match["name"].lower())) for form in _IN_WORDS for match in form.finditer(question)]
    return list(dict.fromkeys(name for name in names if name and not name <= outlets))


def _asks_for_words(frame: Frame, tokens: Sequence[Token]) -> bool:
    """Tell whether a question asks for what the subject of a verb says: "What did X say?", "... X say was lost?".

    "When did X call the vote?" and "Who left after X announced it?" do not.
    """
    verb = tokens[frame.at]
    asked = verb.dep == "ROOT" or _helper(frame, tokens) >= 0
    if frame.verb not in SPEECH - _TOLD_OF | _COMPARING or not asked or verb.tag == "VBN":
        return False
    says = frame.verb not in _NAMING and any(t.tag in _FINITE for t in tokens[frame.at + 1 :])
    return says or any(token.lower == "what" for token in tokens[: frame.at])


def _helper(frame: Frame, tokens: Sequence[Token]) -> int:
    """Give the index of the "did" before the speaker: "What percentage of GDP did Ruiz say ...?"; -1: none."""
    return next((t.index for t in tokens if t.head == frame.at and t.lower in ("do", "does", "did")), -1)


def _own_name(tokens: Sequence[Token], phrase: Phrase) -> frozenset[str]:
    """Give the words of a name without those of whom it belongs to: "Ana Ruiz of Salt Link"."""
    start = phrase.at
    while start - 1 in phrase.inside and tokens[start - 1].lower in phrase.names:
        start -= 1
    return phrase.names & {token.lower for token in tokens[start : phrase.at + 1]} or phrase.names


def said_by_another(question: str, evidence: Sequence[Evidence], outlets: frozenset[str] = frozenset()) -> bool:
    """Tell whether evidence gives the words of somebody other than the speaker whom a question names.

    Where a piece of evidence names the speaker, or names no person and stands in a passage that does, nothing is
    told: it may be the next sentence of a longer quotation.

    Args:
        question: as typed.
        evidence: behind an answer.
        outlets: as of `names_of_speakers`.
    """
    speakers = names_of_speakers(question, outlets)
    persons = [speaker for speaker in speakers if not _is_body(speaker, question, evidence)]
    if len(persons) < len(speakers):  # a body speaks through persons
        return False
    return bool(persons) and all(_by_another(person, evidence) for person in persons)


def _is_body(speaker: frozenset[str], question: str, evidence: Sequence[Evidence]) -> bool:
    """Tell whether a speaker is a company, an office or a country: in the question, and no person in a passage."""
    if not any(t.lower in speaker and t.entity in _BODIES for t in parse(question)):
        return False
    persons = [person for item in evidence for person in _persons(item.passage.article.text[:_LOOKED_AT])]
    return not any(_names(person, speaker) for person in persons)


def _by_another(speaker: frozenset[str], evidence: Sequence[Evidence]) -> bool:
    if any(_names(item.text, speaker) for item in evidence):
        return False
    return not any(_may_continue(item, speaker) for item in evidence)


def _may_continue(item: Evidence, speaker: frozenset[str]) -> bool:
    """Tell whether a sentence that does not name a speaker may be his or hers.

    One with "she" or "we" may, where its passage names the speaker, one that names no person, where the passage
    names nobody else; a quotation that names no person is of whoever was named last before it, and what stands in
    an interview of whose label stands before it ("Noor Haddad: ...").
    """
    tokens, article = parse(item.text), item.passage.article
    there = _names(f"{describe(article)} {article.author} {item.passage.chunk.text}", speaker)
    if any(token.lower in _PRONOUNS for token in tokens):
        return there
    if _persons(item.text):
        return False
    before = article.text[max(0, item.start - _BEFORE) : item.start]
    if labels := _LABEL.findall(before):
        return _names(labels[-1], speaker)
    if not any(token.text == '"' for token in tokens):
        return there and all(_names(person, speaker) for person in _persons(item.passage.chunk.text))
    named = _persons(before)
    return _names(named[-1], speaker) if named else there


def _persons(text: str) -> list[str]:
    """Give the words of the names of persons in a text, in order."""
    return [token.text for token in parse(text) if token.entity == "PERSON" and token.pos == "PROPN"]


def _names(text: str, speaker: frozenset[str]) -> bool:
    return not {stem(name) for name in speaker}.isdisjoint(stem(word) for word in words(text))
