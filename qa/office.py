"""Whose office somebody holds: "U.K. Defence Secretary John Healey" is no defence minister of Ukraine's.

A country or an organisation before a title, behind it with "of", or as its owner says whose title it is. A person
who is said to hold an office of one country or organisation, and whom the evidence gives one of another only, does
not hold it as far as the evidence goes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qa.frames import Frame, children_of
from qa.places import nations_in
from qa.syntax import Token, subtree

_OFFICES = frozenset(
    "minister secretary president chancellor premier leader head chief chair chairman chairwoman chairperson "
    "ambassador king queen governor mayor spokesman spokeswoman spokesperson director commissioner general "
    "admiral manager coach captain owner founder ceo executive boss envoy delegate counterpart attorney "
    "prosecutor judge treasurer editor".split()
)
_WITHIN = frozenset("compound amod nmod poss appos".split())


@dataclass(frozen=True, slots=True)
class _Office:
    """An office as a text gives it to somebody: whose it is, in countries and in other names, lower case."""

    holder: str
    nations: frozenset[str]
    owners: frozenset[str]


def of_another(
    said: Sequence[Token], said_frames: Sequence[Frame], known: Sequence[Token], known_frames: Sequence[Frame]
) -> bool:
    """Tell whether a sentence gives somebody an office that the evidence gives them elsewhere only.

    Args:
        said: the words of the sentence.
        said_frames: its statements.
        known: the words of the evidence.
        known_frames: its statements.
    """
    theirs = list(_offices(known, known_frames))
    for mine in _offices(said, said_frames):
        given = [office for office in theirs if office.holder == mine.holder]
        nations = [office.nations for office in given if office.nations]
        owners = [office.owners for office in given if office.owners]
        if mine.nations and nations and not any(mine.nations & each for each in nations):
            return True
        if mine.owners and owners and not any(_may_be_same(mine.owners, each) for each in owners):
            return True
    return False


def _may_be_same(one: frozenset[str], other: frozenset[str]) -> bool:
    """Tell whether two sets of names share one, or one may be the other's initials."""
    return bool(one & other) or any(
        len(short) > 1 and set(short) <= {name[0] for name in long}
        for short_names, long in ((one, other), (other, one))
        for short in short_names
    )


def _offices(tokens: Sequence[Token], frames: Sequence[Frame]) -> Iterator[_Office]:
    """Give the offices beside names, before or behind a comma, and those that somebody "is"."""
    children = children_of(tokens)
    for token in tokens:
        if token.pos != "PROPN" or token.dep == "compound":
            continue
        yield from _office(tokens, token, _phrase(tokens, children, token.index))
        for other in [c for c in children[token.index] if tokens[c].dep == "appos"]:
            yield from _office(tokens, token, _phrase(tokens, children, other))
        if token.dep == "appos":
            yield from _office(tokens, token, _phrase(tokens, children, token.head))
    for frame in frames:
        if frame.attribute:
            for one, other in _pairs(frame):
                if tokens[one].pos == "PROPN":
                    yield from _office(tokens, tokens[one], _phrase(tokens, children, other))


def _pairs(frame: Frame) -> Iterator[tuple[int, int]]:
    for agent in frame.agents:
        for patient in frame.patients:
            yield agent.at, patient.at
            yield patient.at, agent.at


def _phrase(tokens: Sequence[Token], children: Sequence[Sequence[int]], at: int) -> list[int]:
    """Give the words of a noun's phrase, "of Ukraine" with it, in order; nothing behind a comma."""
    inside = {at}
    for child in children[at]:
        if tokens[child].dep in _WITHIN - {"appos"}:
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
    yield _Office(holder.lower, nations_in(" ".join(t.text for t in owning)), owners)


def _name_around(tokens: Sequence[Token], holder: Token, title: int) -> set[int]:
    """Give the words of somebody's name: back from the last one, over capitals, to a title at most."""
    first = holder.index
    while first - 1 > title and tokens[first - 1].text[:1].isupper() and tokens[first - 1].head == holder.index:
        first -= 1
    return set(range(first, holder.index + 1))
