"""Whose office somebody holds: "U.K. Defence Secretary John Healey" is no defence minister of Ukraine's.

A country or an organisation before a title, behind it with "of", or as its owner says whose title it is. A person
who is said to hold an office of one country or organisation, and whom the evidence gives one of another only, does
not hold it as far as the evidence goes.
"""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from qa.frames import Parsed, said_to_be
from qa.places import nations_in
from qa.syntax import Token, subtree

# Titles that say the same of somebody; those of a country, and those of a company, club or town.
_OF_NATIONS = {
    **dict.fromkeys("minister secretary premier chancellor".split(), "minister"),
    "president": "president",
}
_OF_OTHERS = {
    **dict.fromkeys("executive ceo boss".split(), "executive"),
    **dict.fromkeys("coach manager".split(), "coach"),
    **dict.fromkeys("minister secretary".split(), "minister"),
    **{title: title for title in "president chief mayor governor captain chairman chairwoman director".split()},
}
_OFFICES = _OF_NATIONS.keys() | _OF_OTHERS.keys()
_ASKS_HOLDER = re.compile(
    rf"\b(?:[Ww]hich|[Ww]hat) ([A-Z][\w.’'-]*(?: \w+){{0,2}}? (?:{'|'.join(sorted(_OF_NATIONS))}))\b"
)
_WITHIN = frozenset("compound amod nmod poss".split())


@dataclass(frozen=True, slots=True)
class _Office:
    """An office as a text gives it to somebody: whose it is, in countries and in other names, lower case."""

    holder: str
    titles: frozenset[str]
    nations: frozenset[str]
    owners: frozenset[str]
    sentence: int


def office_asked_for(question: str) -> str:
    """Give the office whose holder a question asks for: "German minister" of "Which German minister came?".

    Returns:
        "" for a question that names no country before it.
    """
    match = _ASKS_HOLDER.search(question)
    return match[1] if match is not None and nations_in(match[1]) else ""


def of_another(said: Parsed, known: Parsed) -> bool:
    """Tell whether a sentence gives somebody an office that the evidence gives them elsewhere only."""
    theirs = list(_offices(known))
    return any(
        _elsewhere(mine, [office for office in theirs if office.holder == mine.holder], theirs, known.tokens)
        for mine in _offices(said)
    ) or any(_only_elsewhere(mine, theirs, known.tokens) for mine in _doers(said))


def _only_elsewhere(mine: _Office, given: Sequence[_Office], known: Sequence[Token]) -> bool:
    """Tell whether all who hold an office like one that names nobody are another country's.

    "The foreign minister of Germany came" does not follow from what the "U.S. Defense Secretary" did; but it may
    from what "the minister", or "Germany's Ada Brun", did.
    """
    alike = [office for office in given if _alike(mine, office, _OF_NATIONS)]
    if not mine.nations or not alike or any(not o.nations or mine.nations & o.nations for o in alike):
        return False
    return not any(token.dep in _WITHIN and mine.nations & nations_in(token.text) for token in known)


def _doers(text: Parsed) -> Iterator[_Office]:
    """Give the offices that stand for whoever does something, with nobody's name beside them."""
    tokens, children = text.tokens, text.children
    for at in {agent.at for frame in text.frames if not frame.attribute for agent in frame.agents}:
        named = any(tokens[c].dep == "appos" for c in children[at])
        if tokens[at].lower in _OFFICES and not named:
            yield from _office(tokens, tokens[at], _phrase(tokens, children, at))


def _elsewhere(mine: _Office, given: Sequence[_Office], others: Sequence[_Office], known: Sequence[Token]) -> bool:
    """Tell whether offices of the same title are all of other countries, or of other companies."""
    nations = [o.nations for o in given if o.nations and _alike(mine, o, _OF_NATIONS)]
    if mine.nations and nations and not any(mine.nations & each for each in nations):
        return True
    alike = [o for o in given if o.owners and _alike(mine, o, _OF_OTHERS)]
    if not mine.owners or not alike or any(_may_be_same(mine.owners, o.owners) for o in alike):
        return False
    return not any(_joins(mine, office, others, known) for office in alike)


def _alike(one: _Office, other: _Office, classes: Mapping[str, str]) -> bool:
    """Tell whether two offices have titles of one class."""
    return bool({classes.get(t) for t in one.titles} & {classes.get(t) for t in other.titles} - {None})


def _joins(mine: _Office, given: _Office, others: Sequence[_Office], known: Sequence[Token]) -> bool:
    """Tell whether the sentence that gives somebody an office names the asked owner too, as nobody else's.

    "Voxen named Tessaly chief executive Dana Kim as its head" is about both.
    """
    beside = {t.lower.replace(".", "") for t in known if t.sentence == given.sentence and t.pos == "PROPN"}
    taken = {name for o in others if o.sentence == given.sentence and o.holder != mine.holder for name in o.owners}
    return bool(mine.owners & (beside - taken))


def _may_be_same(one: frozenset[str], other: frozenset[str]) -> bool:
    """Tell whether two sets of names share one, or one may be the other's initials."""
    return bool(one & other) or any(
        len(short) > 1 and set(short) <= {name[0] for name in long}
        for short_names, long in ((one, other), (other, one))
        for short in short_names
    )


def _offices(text: Parsed) -> Iterator[_Office]:
    """Give the offices beside names, before or behind a comma, and those that somebody "is"."""
    tokens, children = text.tokens, text.children
    for token in tokens:
        if token.pos != "PROPN" or token.dep == "compound":
            continue
        yield from _office(tokens, token, _phrase(tokens, children, token.index))
        for other in [c for c in children[token.index] if tokens[c].dep == "appos"]:
            yield from _office(tokens, token, _phrase(tokens, children, other))
        if token.dep == "appos":
            yield from _office(tokens, token, _phrase(tokens, children, token.head))
    for one, other in itertools.chain.from_iterable(map(said_to_be, text.frames)):
        if tokens[one].pos == "PROPN":
            yield from _office(tokens, tokens[one], _phrase(tokens, children, other))


def _phrase(tokens: Sequence[Token], children: Sequence[Sequence[int]], at: int) -> list[int]:
    """Give the words of a noun's phrase, "of Ukraine" with it, in order; nothing behind a comma."""
    inside = {at}
    for child in children[at]:
        if tokens[child].dep in _WITHIN:
            inside |= set(_phrase(tokens, children, child))
        elif tokens[child].dep == "prep" and tokens[child].lower in ("of", "for"):
            inside |= subtree(tokens, child)
    return sorted(inside)


def _office(tokens: Sequence[Token], holder: Token, phrase: Sequence[int]) -> Iterator[_Office]:
    titles = [i for i in phrase if tokens[i].lower in _OFFICES]
    if not titles:
        return
    name = _name_around(tokens, holder, max((i for i in titles if i < holder.index), default=-1))
    owning = [tokens[i] for i in phrase if i not in name and i not in titles]
    # "Defence Secretary": of a title all in capitals nobody can tell where its owner ends, unless by grammar.
    plain = any(tokens[i].text.islower() for i in titles)
    named = [t for t in owning if t.pos == "PROPN" and (plain or t.dep in ("poss", "pobj"))]
    owners = frozenset(t.lower.replace(".", "") for t in named if not nations_in(t.text))
    held = frozenset(tokens[i].lower for i in titles)
    nations = nations_in(" ".join(t.text for t in owning))
    yield _Office(holder.lower, held, nations, owners, holder.sentence)


def _name_around(tokens: Sequence[Token], holder: Token, title: int) -> set[int]:
    """Give the words of somebody's name: back from the last one, over capitals, to a title at most."""
    first = holder.index
    while first - 1 > title and tokens[first - 1].text[:1].isupper() and tokens[first - 1].head == holder.index:
        first -= 1
    return set(range(first, holder.index + 1))
