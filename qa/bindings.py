"""What belongs together must stay together: a sentence made of the words of its evidence can still be false.

"The target is 5%" when the evidence says that it is 2% and that somebody demands 5%: every word is there. So each
statement of the sentence is held against the statements of the evidence that speak of the same: who did it, to
whom, which figure and which date go with it, who says so, whether it is denied or only possible. Each rule looks
for a contradiction; finding none proves nothing.
"""

import itertools
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from qa.claims import Number, numbers
from qa.dates import Date, date_field, dates_in
from qa.frames import SPEECH, Frame, Parsed, Phrase, as_written
from qa.newstime import MONTHS
from qa.office import of_another
from qa.ordinals import place_in_row, places_in_row
from qa.relations import is_reversed
from qa.syntax import Token, parse, written
from qa.text import plain_quotes, squeeze, stem


class Turned(StrEnum):
    """How a sentence turns round what its evidence says."""

    FIGURE = "another figure stands closer to its words in the evidence"
    DATE = "another date stands closer to its words in the evidence"
    UNIT = "its figure counts something else in the evidence"
    ROLES = "the evidence says it of somebody else"
    TITLE = "the evidence gives the title to somebody else"
    SPEAKER = "the evidence gives these words to somebody else"
    DENIAL = "the evidence denies it"
    CERTAINTY = "the evidence says only that it may or should be so"
    CLAIM = "the evidence gives it as somebody's claim"
    ORDINAL = "the evidence speaks of another one in the same row: the first, not the third"
    EXTENT = "it says more than the evidence: all, always or exactly"
    DIRECTION = "the evidence says the opposite"


# Words that say the opposite of each other.
_OPPOSITES = tuple(
    tuple(frozenset(stem(word) for word in side.split()) for side in pair)
    for pair in (
        (
            "rise rising increase grow growth climb gain jump up higher raise soar rose risen grew",
            "fall falling decrease decline drop shrink down lower cut slip plunge reduce loss fell",
        ),
        (
            "approve back accept pass support",
            "reject oppose refuse veto",
        ),
        ("profit gain", "loss lose"),
        ("win", "lose"),
        ("before", "after"),
        ("early", "late"),
        ("open", "close shut"),
        ("buy", "sell"),
        ("more", "few less"),
        ("most majority", "least minority few"),
        ("guilty convict", "acquit clear innocent"),
        ("start begin", "end finish"),
    )
)
_WIDE = frozenset("all every everyone everybody always exactly entire entirely unanimous unanimously".split())
_SAME_WORDS = 0.5  # share of a statement's words that the evidence's must have to speak of the same
_ALMOST_ALL_WORDS = 0.75  # the same where the verb says little: to put a price on and to put money into
_CLOSER = 1.25  # how much closer another figure or date must be to be the right one
_NEAR = (
    2  # steps in the tree between a name and its figure where the verb is left out ("... and Voxen 5.2 million")
)
_MEASURES = frozenset(stem(w) for w in "percent cent million billion dollar euro pound crown franc yen".split())
_BESIDE = 3  # words between them
_SCALES = frozenset(("crore", "lakh"))  # which no figure includes (`qa.claims`): so it counts them
_FIRM = frozenset("will shall must 'll wo".split())


@dataclass(frozen=True, slots=True)
class _Pair:
    said: Parsed
    known: Parsed
    dated: Parsed
    outlets: frozenset[str]
    published: frozenset[date]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """How a sentence turns round its evidence; of a claim told as a fact, who claims it ("" if unknown)."""

    kind: Turned
    speaker: str = ""


def contradiction(
    sentence: str,
    evidence: Sequence[str],
    dated: Sequence[str] = (),
    outlets: frozenset[str] = frozenset(),
    published: frozenset[date] = frozenset(),
) -> Contradiction | None:
    """Find out how a sentence turns round what its evidence says.

    Args:
        sentence: of an answer, without markers.
        evidence: the pieces that it may rest on.
        dated: the same, with the dates of relative days; empty: the same.
        outlets: lower-case words of the names of the outlets, which report what others say.
        published: the days on which the articles were published.

    Returns:
        What is wrong; None when nothing is found.
    """
    together = "\n".join(map(_closed, evidence))
    names = _capitals(sentence) | _capitals(together)
    known = Parsed.of(together, names)
    times = Parsed.of("\n".join(map(_closed, dated)), names) if dated else known
    pair = _Pair(Parsed.of(sentence, names), known, times, outlets, published)
    if squeeze(plain_quotes(sentence)).strip(' ."') not in squeeze(plain_quotes(together)):
        turned = next((found for rule in _RULES if (found := rule(pair)) is not None), None)
        if turned is not None:
            return Contradiction(turned)
    return _claim(pair)  # even word for word: it may be cut from what somebody claims


def _closed(piece: str) -> str:
    """Give a piece of evidence with a full stop, if it is a line of a list: the parser would read on."""
    return piece if piece.rstrip()[-1:] in ".!?\"'”’" else f"{piece.rstrip()}."


def _capitals(text: str) -> frozenset[str]:
    """Give the words with a capital inside a sentence: names, wherever else they stand."""
    tokens = parse(text)
    return frozenset(
        token.lower
        for before, token in itertools.pairwise(tokens)
        if token.text[:1].isupper() and token.sentence == before.sentence and before.text not in "\"'“"
    )


# Statements


def _matching(said: Frame, pair: _Pair) -> list[Frame]:
    """Give the statements of the evidence that speak of the same as one of the sentence, best first."""
    found = []
    for known in pair.known.frames:
        if known.stem != said.stem or _of_anybody(known):
            continue
        shared = _overlap(said, known)
        if shared >= (_ALMOST_ALL_WORDS if said.verb in _VAGUE else _SAME_WORDS) or _same_event(said, known, pair):
            found.append((shared, known))
    return [known for _, known in sorted(found, key=lambda item: -item[0])]


def _of_anybody(known: Frame) -> bool:
    """Tell whether a statement is a condition on nobody in particular: "if nobody wins more than 40%"."""
    agents = {phrase.head for phrase in known.agents}
    return bool(agents) and agents <= _ANYBODY and not known.asserted


def _overlap(said: Frame, known: Frame) -> float:
    """Give the share of a statement's words, but for its verb and agent, that another has too."""
    agents = {word for phrase in said.agents for word in phrase.words}
    wanted = {w for w in said.whole - agents - {said.stem} if len(w) > 1} - _FUNCTION
    return len(wanted & known.whole) / len(wanted) if wanted else 1.0


def _same_event(said: Frame, known: Frame, pair: _Pair) -> bool:
    """Tell whether two statements in few words speak of the same: no other has the verb, and one role agrees."""
    if known.verb in _LIGHT or sum(other.stem == known.stem for other in pair.known.frames) > 1:
        return False
    agents = _fits(said.agents, known.agents)
    patients = _fits(said.patients, known.patients)
    return agents or patients


def _fits(said: Sequence[Phrase], known: Sequence[Phrase]) -> bool:
    """Tell whether phrases of one role may be the same."""
    if not said or not known or any(p.pronoun for p in (*said, *known)):
        return True
    return any(one.same(other) for one in said for other in known)


_LIGHT = SPEECH | frozenset(
    "be have do make get take go come give put see hold set bring keep become show".split()
)
_ANYBODY = frozenset(
    stem(word) for word in "nobody anybody anyone somebody someone everybody everyone none".split()
)
# "The idea of peace" is peace, "the city of Oslo" Oslo.
_KINDS = frozenset(
    stem(word)
    for word in (
        "concept idea notion system kind form group part town city state island village county use process "
        "method theory type sort set series number policy programme program"
    ).split()
)
_VAGUE = frozenset("put make get take give set bring keep".split())
_FUNCTION = frozenset(
    stem(word)
    for word in (
        "the a an and or but of in on at to for by with from as that which who it its he his "
        "she her they their this "
        "be have do will would not no than then so also about after before"
    ).split()
)


def _roles(pair: _Pair) -> Turned | None:
    for said in pair.said.frames:
        matching = [] if said.attribute else _matching(said, pair)
        if not matching or any(not _in_conflict(said, known, pair) for known in matching):
            continue
        return Turned.SPEAKER if said.verb in SPEECH else Turned.ROLES
    return None


def _in_conflict(said: Frame, known: Frame, pair: _Pair) -> bool:
    if _others_than(said.agents, known.agents, known, pair) and not (
        _gapped(said, pair) or _of_itself(known, said)
    ):
        return True
    if _others_than(said.patients, known.patients, known, pair) and said.verb not in ("be", "have"):
        return True
    return any(_elsewhere_by(prep, phrase, known) for prep, phrase in said.others if phrase.names)


def _of_itself(known: Frame, said: Frame) -> bool:
    """Tell whether what somebody did happens of itself in the evidence: it ended the war, the war ended."""
    return not known.patients and any(one.same(other) for one in said.patients for other in known.agents)


def _elsewhere_by(prep: str, phrase: Phrase, known: Frame) -> bool:
    """Tell whether a statement has other names after a preposition: "at Norrtek" for "at Pebble"."""
    theirs = [p for other, p in known.others if other == prep and p.names]
    if prep == "in" and {stem(name) for name in phrase.names} <= known.whole:
        return False  # "in Glasgow, the largest city in Scotland"
    return bool(prep and theirs) and not any(phrase.same(p) for p in theirs)


def _others_than(said: Sequence[Phrase], known: Sequence[Phrase], frame: Frame, pair: _Pair) -> bool:
    """Tell whether phrases of a role are others than the evidence's in the same role."""
    mine = [p for p in said if not p.pronoun and not (p.names and p.names <= pair.outlets)]
    theirs = [p for p in known if not p.pronoun]
    if not mine or not theirs or len(theirs) < len(known):
        return False
    if any(one.same(other) or _below(other, one, pair) for one in mine for other in theirs):
        return False
    if all(p.names for p in mine) and all(p.names for p in theirs):
        return True
    if any(p.names for p in mine) != any(p.names for p in theirs):
        return any(_elsewhere(p, frame) for p in mine)
    there = pair.known.tokens[frame.at].sentence
    beside = {stem(t.lemma) for t in pair.known.tokens if t.sentence == there}
    return all(p.head in beside for p in mine)


def _below(whole: Phrase, part: Phrase, pair: _Pair) -> bool:
    """Tell whether a phrase is whom another is for, or what it is: "demand for members", "the idea of peace"."""
    known = pair.known
    links = ("for", "of") if whole.head in _KINDS else ("for",)
    for_whom = [c for c in known.children[whole.at] if known.tokens[c].lower in links]
    below = [known.tokens[g] for c in for_whom for g in known.children[c]]
    return any(stem(token.lemma) == part.head or token.lower in part.names for token in below)


def _elsewhere(phrase: Phrase, frame: Frame) -> bool:
    """Tell whether a phrase stands in another role of a statement."""
    there = [*frame.agents, *frame.patients, *(p for _, p in frame.others)]
    return any(phrase.names & p.names or phrase.head == p.head for p in there)


def _gapped(said: Frame, pair: _Pair) -> bool:
    """Tell whether the evidence leaves out the verb: "Tessaly has 8.7 million customers and Voxen 5.2 million"."""
    figures = {f for t in pair.said.tokens if (f := _figure(pair.said.tokens, t.index)) is not None}
    names = {name for phrase in said.agents for name in phrase.names or {phrase.head}}
    tokens = pair.known.tokens
    places = [t.index for t in tokens if t.lower in names or stem(t.lemma) in names]
    holding = [t.index for t in tokens if _figure(tokens, t.index) in figures]
    return any(
        _steps(pair.known, place, figure) <= _NEAR or 0 < figure - place <= _BESIDE
        for place in places
        for figure in holding
    )


def _speaker(pair: _Pair) -> Turned | None:
    for said in pair.said.frames:
        claimed = [p for p in said.speakers if not p.pronoun and p.names and not p.names <= pair.outlets]
        if not claimed:
            continue
        given = [[p for p in k.speakers if not p.pronoun] for k in _matching(said, pair)]
        if given and all(g and not any(c.same(p) for c in claimed for p in g) for g in given):
            return Turned.SPEAKER
    return None


def _denial(pair: _Pair) -> Turned | None:
    for said in pair.said.frames:
        matching = [] if _is_undone(said, pair) else _matching(said, pair)
        if matching and all(_denies(known, said, pair) for known in matching):
            return Turned.DENIAL
    return None


def _is_undone(said: Frame, pair: _Pair) -> bool:
    """Tell whether the evidence has the "undamaged" of a sentence, of whatever else it says "damaged"."""
    undone = {t.lower for t in pair.said.tokens if t.lower.startswith("un") and stem(t.lower[2:]) == said.stem}
    return said.negated and bool(undone & {t.lower for t in pair.known.tokens})


def _denies(known: Frame, said: Frame, pair: _Pair) -> bool:
    """Tell whether one statement denies the other; "not until" and a "may not" without its verb leave it open."""
    if known.negated == said.negated or _of_other_figures(known, said, pair):
        return False
    there = pair.known.tokens[known.at].sentence
    beside = {t.lower for t in pair.known.tokens if t.sentence == there}
    open_denials = {"not", "n't", "no", "nor", "unless", "only", "earliest", "without"}
    return not beside & open_denials if said.negated else "until" not in beside


def _of_other_figures(known: Frame, said: Frame, pair: _Pair) -> bool:
    """Tell whether two statements give different figures: "not 9 million" denies no "6 million"."""
    theirs = {f for i, f in _figures(pair.known).items() if _verb_at(pair.known, i) == known.at}
    mine = {f for i, f in _figures(pair.said).items() if _verb_at(pair.said, i) == said.at}
    return bool(theirs) and bool(mine) and not theirs & mine


def _bound(pair: _Pair) -> Turned | None:
    """Find "more than 20" where the evidence says "no more than 20"."""
    said, known = _bounds(pair.said), _bounds(pair.known)
    for figure, denied in said.items():
        if figure in known and known[figure] != denied:
            return Turned.DENIAL
    return None


def _bounds(text: Parsed) -> dict[Number, bool]:
    """Give the figures after "more than" or "less than", and whether they are denied."""
    found = {}
    lower = [t.lower for t in text.tokens]
    for i in range(len(lower) - 2):
        if lower[i] in ("more", "less", "fewer") and lower[i + 1] == "than" and (f := _figure(text.tokens, i + 2)):
            before = [t.lower for t in text.tokens[:i] if t.sentence == text.tokens[i].sentence]
            found[f] = any(word in ("no", "not", "n't", "never") for word in before)
    return found


def _certainty(pair: _Pair) -> Turned | None:
    for said in pair.said.frames:
        if said.hedged or not said.asserted or any(_softens(t) for t in pair.said.tokens):
            continue
        matching = _matching(said, pair)
        if matching and all(known.hedged for known in matching):
            return Turned.CERTAINTY
    return None


def _softens(token: Token) -> bool:
    return (token.tag == "MD" and token.lower not in _FIRM) or token.lower in ("if", "unless", "provided")


def _claim(pair: _Pair) -> Contradiction | None:
    if any(f.speakers or f.verb in SPEECH for f in pair.said.frames):
        return None
    if any(t.lower in ("reportedly", "allegedly", "according") for t in pair.said.tokens):
        return None
    for said in pair.said.frames:
        matching = _matching(said, pair)
        if matching and all(known.claimed or _named(known.speakers) for known in matching):
            speakers = _named(matching[0].speakers)
            return Contradiction(Turned.CLAIM, as_written(pair.known.tokens, speakers[0]) if speakers else "")
    return None


def _named(speakers: Sequence[Phrase]) -> list[Phrase]:
    return [p for p in speakers if not p.pronoun]


def _direction(pair: _Pair) -> Turned | None:
    for said in pair.said.frames:
        for one, other in _OPPOSITES:
            for mine, theirs in ((one, other), (other, one)):
                if said.whole & mine and not said.whole & theirs and _says(theirs, mine, said, pair):
                    return Turned.DIRECTION
    return None


def _says(theirs: frozenset[str], mine: frozenset[str], said: Frame, pair: _Pair) -> bool:
    """Tell whether the statement of the evidence that has most of the sentence's words holds the opposite."""
    wanted = (said.words - mine) - _FUNCTION
    best = max(pair.known.frames, key=lambda k: (len(wanted & k.words), len(mine & k.words)), default=None)
    if best is None or not wanted & best.words:
        return False
    return bool(best.words & theirs) and not best.words & mine


# Figures and dates


def _figure(tokens: Sequence[Token], at: int) -> Number | None:
    """Give the figure that begins at a word, with its scale and percent sign; years and days are none."""
    token = tokens[at]
    if (token.pos != "NUM" and not token.text[:1].isdigit()) or date_field(tokens, at):
        return None
    text = token.text
    for following in tokens[at + 1 : at + 3]:
        text += f" {following.text}"
    if at and tokens[at - 1].text in "$€£¥":
        text = tokens[at - 1].text + text
    if _one_number(tokens, at):
        return None  # the "twenty" of "twenty-six": its head is the last word
    if _one_number(tokens, at - 2):
        text = f"{tokens[at - 2].text}-{text}"
    own = numbers(token.text)
    found = numbers(text)
    if not own or not found:
        return None
    return found[0]


def _one_number(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether a word, a hyphen and another word are one number."""
    if not 0 <= at < len(tokens) - 2 or tokens[at + 1].text != "-" or tokens[at].text.isdigit():
        return False
    return len(numbers(f"{tokens[at].text}-{tokens[at + 2].text}")) == 1 == len(numbers(tokens[at + 2].text))


def _steps(text: Parsed, a: int, b: int) -> int:
    """Give the number of steps between two words in the tree; far apart in different sentences."""
    above_a, above_b = _above(text.tokens, a), _above(text.tokens, b)
    for up, node in enumerate(above_a):
        if node in above_b:
            return up + above_b.index(node)
    return 20


def _above(tokens: Sequence[Token], at: int) -> list[int]:
    chain = [at]
    while tokens[chain[-1]].head != chain[-1]:
        chain.append(tokens[chain[-1]].head)
    return chain


def _around(text: Parsed, at: int) -> dict[str, float]:
    """Give the words around a place, each with a weight that falls with the steps to it in the tree."""
    found: dict[str, float] = {}
    sentence = text.tokens[at].sentence
    for token in text.tokens:
        if token.sentence != sentence or token.index == at or token.pos in ("PUNCT", "DET", "NUM", "SYM", "AUX"):
            continue
        key = stem(token.lemma)
        if (key in _FUNCTION and token.pos != "ADP") or key in _MEASURES or token.text in "%$€£¥":
            continue
        weight = 1 / (1 + _steps(text, at, token.index))
        found[key] = max(found.get(key, 0.0), weight * (0.5 if token.pos == "ADP" else 1.0))
    return found


def _likeness(one: dict[str, float], other: dict[str, float]) -> float:
    return sum(weight * other.get(word, 0.0) for word, weight in one.items())


def _rivalled(said_around: dict[str, float], own: Sequence[int], rivals: Sequence[int], known: Parsed) -> bool:
    if not own or not rivals:
        return False
    best = max(_likeness(said_around, _around(known, i)) for i in own)
    rival = max(_likeness(said_around, _around(known, i)) for i in rivals)
    return rival > best * _CLOSER and rival > 0


def _other_figure(pair: _Pair) -> Turned | None:
    said, known = pair.said, pair.known
    figures, mine = _figures(known), _figures(said)
    for at, figure in mine.items():
        own = [i for i, f in figures.items() if f == figure]
        if any(not name or _may_be_of(name, said) for name in _aged(pair, at)):
            continue
        rivals = [i for i, f in figures.items() if f not in mine.values() and _comparable(known, i, own)]
        rivals = [i for i in rivals if not _is_no_rival(own, i, pair)]
        if _rivalled(_around(said, at), own, rivals, known):
            return Turned.FIGURE
    return None


def _other_owner(pair: _Pair) -> Turned | None:
    """Find "the city pays 55%" where the evidence has "the state pays 55%, while the city pays 15%"."""
    said, known = pair.said, pair.known
    figures, mine = _figures(known), set(_figures(said).values())
    for figure in mine:
        own = [i for i, f in figures.items() if f == figure]
        owners = {_owner(known, i) for i in own}
        if not owners or "" in owners or owners & said.stems:
            continue
        there, kinds = {known.tokens[i].sentence for i in own}, {_kind(known, i) for i in own} - {""}
        rivals = [i for i, f in figures.items() if f not in mine and known.tokens[i].sentence in there]
        if any(_owner(known, i) in said.stems - {""} and _kind(known, i) in kinds for i in rivals):
            return Turned.FIGURE
    return None


def _other_age(pair: _Pair) -> Turned | None:
    """Find "Tekle is 34 years old" where the evidence has "Tornay, 34,"."""
    for at in _figures(pair.said):
        whose = _aged(pair, at)
        if whose and all(whose) and not any(_may_be_of(name, pair.said) for name in whose):
            return Turned.FIGURE
    return None


def _aged(pair: _Pair, at: int) -> list[str]:
    """Give whose age a figure of the sentence is in the evidence, "" where no name stands at it; else nothing."""
    if not _says_age(pair.said, at):
        return []
    known, figure = pair.known, _figure(pair.said.tokens, at)
    places = [(i, _whose_age(known, i)) for i, f in _figures(known).items() if f == figure]
    return [name for i, name in places if name or _says_age(known, i)]


def _says_age(text: Parsed, at: int) -> bool:
    """Tell whether a figure is somebody's age: "is 34", "aged 34", "34 years old"."""
    before, after = text.tokens[at - 1] if at else None, text.tokens[at + 1 : at + 4]
    if [token.lower for token in after if token.text != "-"][:2] in (["years", "old"], ["year", "old"]):
        return True
    plain = not after or after[0].pos == "PUNCT"
    return before is not None and (before.lower == "aged" or (before.lemma == "be" and plain))


def _whose_age(text: Parsed, at: int) -> str:
    """Give whose age the figure of "Lise Tornay, 34, thanked ..." is; "" where it is none."""
    tokens = text.tokens
    beside = at >= 2 and tokens[at - 1].text == "," and tokens[at - 2].pos == "PROPN"
    closed = at + 1 < len(tokens) and tokens[at + 1].text in (",", ".", ";")
    return stem(tokens[at - 2].lemma) if beside and closed else ""


def _may_be_of(name: str, said: Parsed) -> bool:
    """Tell whether a sentence may speak of somebody: it has the name, or it has no name at all."""
    return name in said.stems or not any(token.pos == "PROPN" for token in said.tokens)


def _owner(text: Parsed, at: int) -> str:
    """Give the subject of the clause of a figure: "state" of "the state pays 55%"; "" where there is none."""
    verb = _verb_at(text, at)
    below = text.children[verb] if verb is not None else ()
    subject = next((c for c in below if text.tokens[c].dep in ("nsubj", "nsubjpass")), None)
    if subject is None:
        return ""
    noun = text.tokens[subject]
    return stem(noun.lemma) if subject < at and noun.pos in ("NOUN", "PROPN") else ""


def figure_at_subject(sentence: str, evidence: Sequence[str]) -> bool:
    """Tell whether "X is F" has, in the evidence, its figure right at its subject: "the 2% target"."""
    said, known = Parsed.of(sentence), Parsed.of("\n".join(evidence))
    attached = {figure for frame in said.frames if _equates(frame) for figure in _at_subject(frame, known)}
    mine = set(_figures(said).values())
    return bool(mine) and mine <= attached


def _figure_of_subject(pair: _Pair) -> Turned | None:
    """Find "the target is 5%" where the evidence has "the 2% target", and no 5% that stands at a target."""
    said, known = pair.said, pair.known
    for frame in said.frames:
        if not _equates(frame) or frame.negated:
            continue
        attached = _at_subject(frame, known)
        mine = {f for i, f in _figures(said).items() if said.tokens[i].sentence == said.tokens[frame.at].sentence}
        shares = any(f.percent for f in attached) and any(f.percent for f in mine)
        if shares and not mine & attached:
            return Turned.FIGURE
    return None


def _equates(frame: Frame) -> bool:
    """Tell whether a statement says what its subject is."""
    return frame.verb == "be" or frame.attribute


def _at_subject(frame: Frame, known: Parsed) -> set[Number]:
    """Give the figures that stand, in the evidence, right before a statement's subject."""
    heads = {phrase.head for phrase in frame.agents if not phrase.pronoun}
    return {figure for i, figure in _figures(known).items() if heads & _nouns_above(known, i)}


def _nouns_above(text: Parsed, at: int) -> set[str]:
    """Give the noun that a figure stands before, past its percent sign: "target" of "the 2% target"."""
    above = [text.tokens[i] for i in _above(text.tokens, at)[1:3]]
    return {stem(t.lemma) for t in above if t.pos in ("NOUN", "PROPN") and at < t.index <= at + 3}


def _of_another_verb(at: int, own: Sequence[int], pair: _Pair, known: Parsed) -> bool:
    """Tell whether a figure or date belongs, in the evidence, to a verb that the sentence does not have.

    Only where the sentence's verb for it stands in the same sentence of the evidence without it: "the bridge was
    inspected in 1963", of one that was built then and inspected later.
    """
    verb = _verb_above(pair.said, at)
    theirs = {_verb_above(known, i) for i in own}
    if not verb or not theirs or "" in theirs or theirs & pair.said.stems:
        return False
    there = {known.tokens[i].sentence for i in own}
    return any(stem(t.lemma) == verb and t.pos == "VERB" and t.sentence in there for t in known.tokens)


def _is_no_rival(own: Sequence[int], rival: int, pair: _Pair) -> bool:
    """Tell whether another figure, however close, is none that the sentence should have."""
    return _verb_speaks_for(own, rival, pair) or _owner_speaks_for(own, rival, pair) or _denied_at(rival, pair)


def _owner_speaks_for(own: Sequence[int], rival: int, pair: _Pair) -> bool:
    """Tell whether the sentence has the subject of its own figure's clause in the evidence, and not the rival's.

    "The city bears 15% of the bill", of which "the state pays 55%, while the city covers 15%".
    """
    owners, other = {_owner(pair.known, i) for i in own} - {""}, _owner(pair.known, rival)
    return bool(owners & pair.said.stems) and bool(other) and other not in pair.said.stems


def _verb_speaks_for(own: Sequence[int], rival: int, pair: _Pair) -> bool:
    """Tell whether the sentence has the verb of its own figure's clause in the evidence, and not the rival's."""
    verbs = {_verb_above(pair.known, i) for i in own} - {"be", "have", ""}
    return bool(verbs & pair.said.stems) and _verb_above(pair.known, rival) not in pair.said.stems


def _denied_at(rival: int, pair: _Pair) -> bool:
    """Tell whether the evidence denies a figure and the sentence denies nothing: "It does not cost 9 million"."""
    if any(frame.negated for frame in pair.said.frames):
        return False
    return any(frame.negated and frame.at == _verb_at(pair.known, rival) for frame in pair.known.frames)


def _verb_at(text: Parsed, at: int) -> int | None:
    """Give the place of the verb whose clause a word stands in; None where there is none."""
    return next((i for i in _above(text.tokens, at) if text.tokens[i].pos in ("VERB", "AUX")), None)


def _verb_above(text: Parsed, at: int) -> str:
    chain = _above(text.tokens, at)
    return next((stem(text.tokens[i].lemma) for i in chain if text.tokens[i].pos == "VERB"), "")


def _comparable(known: Parsed, at: int, own: Sequence[int]) -> bool:
    """Tell whether a figure counts the same kind of thing as another: its unit, currency or percent sign."""
    kinds = {_kind(known, i) for i in own}
    return _kind(known, at) in kinds or "" in kinds or not _kind(known, at)


def _kind(text: Parsed, at: int) -> str:
    """Give what a figure counts: the noun it stands before, "$" for money in signs, "%" for percentages."""
    tokens = text.tokens
    if at and tokens[at - 1].text in "$€£¥":
        return tokens[at - 1].text
    for token in tokens[at + 1 : at + 4]:
        if token.text == "%" or token.lower in ("percent", "cent"):
            return "%"
        if token.lower in _SCALES:
            return token.lower
        if token.pos == "NOUN":
            return stem(_counted(tokens, token).lemma)
        if token.lower == "than":
            return token.lower  # a difference: "four more than last year"
        if token.pos not in ("NUM", "ADJ") and token.lower not in ("of", "-"):
            break
    head = tokens[tokens[at].head]
    return stem(head.lemma) if head.pos == "NOUN" and head.index != at else ""


def _counted(tokens: Sequence[Token], noun: Token) -> Token:
    """Give the noun that is counted: the burrows of "puffin burrows", the bedrooms of a "two-bedroom flat".

    One in the plural is counted itself: "How much carbon?", "140,000 tonnes carbon".
    """
    head = tokens[noun.head]
    if tokens[noun.index - 1].text == "-" or noun.tag == "NNS":
        return noun
    while noun.dep == "compound" and head.pos == "NOUN" and head.index > noun.index:
        noun, head = head, tokens[head.head]
    return noun


def _other_unit(pair: _Pair) -> Turned | None:
    said, known = pair.said, pair.known
    figures = _figures(known)
    for token in said.tokens:
        figure = _figure(said.tokens, token.index)
        kind = _kind(said, token.index) if figure else ""
        if not kind:
            continue
        theirs = {_kind(known, i) for i, f in figures.items() if f == figure}
        others = {_kind(known, i) for i, f in figures.items() if f != figure}
        swapped = kind in others or (kind in known.stems and theirs & said.stems)
        if theirs and "" not in theirs and kind not in theirs and swapped:
            return Turned.UNIT
    return None


def _other_date(pair: _Pair) -> Turned | None:
    said, known = pair.said, pair.dated
    mine = dates_in(said.tokens)
    theirs = dates_in(known.tokens)
    for date_said in mine:
        own = [d.at for d in theirs if d.agrees(date_said)]
        rivals = [d.at for d in theirs if not any(d.agrees(m) for m in mine)]
        if not own and rivals and not _tells_of_publication(date_said, pair) and not _in_the_news(date_said, pair):
            return Turned.DATE
        if own:  # a date of another sentence is of another event
            there = {known.tokens[i].sentence for i in own}
            rivals = [i for i in rivals if known.tokens[i].sentence in there and not _of_telling(i, pair)]
        if rivals and _of_another_verb(date_said.at, own, pair, known):
            return Turned.DATE
        if _rivalled(_around(said, date_said.at), own, rivals, known):
            return Turned.DATE
    return None


def _of_telling(rival: int, pair: _Pair) -> bool:
    """Tell whether a date is the day on which something was said, of which the sentence does not speak."""
    verb = _verb_at(pair.dated, rival)
    token = pair.dated.tokens[verb] if verb is not None else None
    return token is not None and token.lemma in SPEECH and stem(token.lemma) not in pair.said.stems


def _date_of_event(pair: _Pair) -> Turned | None:
    """Find a date at a verb that has, in each statement of the evidence that speaks of the same, another."""
    dated = replace(pair, known=pair.dated)
    for said in pair.said.frames:
        mine = [d for d in _dates_at(pair.said, said.at) if not _tells_of_publication(d, pair)]
        given = [_dates_at(pair.dated, known.at) for known in _matching(said, dated)] if mine else []
        if given and all(dates and all(d.denies(m) for d in dates for m in mine) for dates in given):
            return Turned.DATE
    return None


def _dates_at(text: Parsed, verb: int) -> list[Date]:
    """Give the dates that hang on the verb at a place, with no other verb between."""
    return [
        d
        for d in dates_in(text.tokens)
        if next((i for i in _above(text.tokens, d.at) if _is_verb(text, i)), -1) == verb
    ]


def _is_verb(text: Parsed, at: int) -> bool:
    return text.tokens[at].pos in ("VERB", "AUX")


def _tells_of_publication(date_said: Date, pair: _Pair) -> bool:
    """Tell whether a date is the day of publication, in a sentence that speaks of the report."""
    reports = any(t.lemma in ("report", "publish", "write") or t.lower in pair.outlets for t in pair.said.tokens)
    return reports and any(day.agrees(date_said) for day in _days_of(pair.published))


def _in_the_news(date_said: Date, pair: _Pair) -> bool:
    """Tell whether a month is that of the reports, and the sentence of theirs on the matter gives no date."""
    if date_said.day or date_said.weekday or not any(d.agrees(date_said) for d in _days_of(pair.published)):
        return False
    dates = {pair.dated.tokens[d.at].sentence for d in dates_in(pair.dated.tokens) if not d.agrees(date_said)}
    shared: dict[int, set[str]] = {}
    for token in pair.dated.tokens:
        if (word := stem(token.lemma)) in pair.said.stems - _FUNCTION:
            shared.setdefault(token.sentence, set()).add(word)
    best = max(shared, key=lambda sentence: len(shared[sentence]), default=None)
    return bool(date_said.month) and best is not None and best not in dates


def _days_of(published: frozenset[date]) -> list[Date]:
    return [Date(0, str(p.day), MONTHS[p.month - 1], str(p.year), "") for p in published]


# Words


def _title(pair: _Pair) -> Turned | None:
    """Find a title that the evidence gives to somebody else: "security researcher Greta Lindholm"."""
    theirs = _titles(pair.known)
    for name, titles in _titles(pair.said).items():
        for title in titles:
            bearers = {bearer for bearer, given in theirs.items() if title in given}
            if bearers and name not in bearers and theirs.get(name):
                return Turned.TITLE
    return None


def _office(pair: _Pair) -> Turned | None:
    """Find an office of one country or company where the evidence gives its holder another's."""
    return Turned.TITLE if of_another(pair.said, pair.known) else None


def _relation(pair: _Pair) -> Turned | None:
    """Find what holds in the evidence the other way round: whose son, what before what."""
    return Turned.ROLES if is_reversed(pair.said, pair.known) else None


def _titles(text: Parsed) -> dict[str, set[str]]:
    """Give, for each person's last name, the nouns that stand before it."""
    found: dict[str, set[str]] = {}
    for token in text.tokens:
        if token.pos != "PROPN" or token.dep == "compound":
            continue
        nouns = {
            stem(text.tokens[c].lemma)
            for c in text.children[token.index]
            if text.tokens[c].dep in ("compound", "appos", "nmod") and text.tokens[c].pos == "NOUN"
        }
        found.setdefault(token.lower, set()).update(nouns)
    return found


def _ordinal(pair: _Pair) -> Turned | None:
    """Find "the third attempt" where the evidence has "the first attempt", and no third one."""
    known = places_in_row(pair.known)
    anywhere = {place_in_row(pair.known.tokens, token.index) for token in pair.known.tokens}
    for noun, places in places_in_row(pair.said).items():
        if noun in known and not places & anywhere:
            return Turned.ORDINAL
    return None


def _extent(pair: _Pair) -> Turned | None:
    known = {t.lower for t in pair.known.tokens}
    for token in pair.said.tokens:
        if token.lower in _WIDE and token.lower not in known and f"{token.lower}ly" not in known:
            return Turned.EXTENT
    return None


_RULES: tuple[Callable[[_Pair], Turned | None], ...] = (
    _roles,
    _speaker,
    _other_unit,
    _other_figure,
    _other_owner,
    _other_age,
    _figure_of_subject,
    _other_date,
    _date_of_event,
    _title,
    _office,
    _relation,
    _denial,
    _bound,
    _certainty,
    _direction,
    _ordinal,
    _extent,
)


# Reports that differ

_FEWEST_SHARED = 2  # words, besides what is counted, that both must have around their figures
_ALIKE = 0.6  # how like its own place in the evidence the place of another report's figure must be
_FORMER = frozenset(("from", "against"))  # before a figure: what something was before
_OF_CHANGE = frozenset("by another extra additional further from".split())  # before a figure: no amount of its own


def differs(sentence: str, own: str, other: str, figures: Set[Number] | None = None) -> str:
    """Find out whether another report gives another figure for what a sentence says.

    Args:
        sentence: of an answer, with a figure.
        own: the evidence that it rests on.
        other: a sentence of another article.
        figures: those of the sentence that count, for they answer; None: all.

    Returns:
        The other figure as written; "" where the reports agree or speak of different things.
    """
    said, mine, theirs = Parsed.of(sentence), Parsed.of(own), Parsed.of(other)
    known = set(numbers(other))
    for at, figure in _figures(said).items():
        places = [i for i, f in _figures(mine).items() if f == figure]
        if not places or figure in known or (figures is not None and figure not in figures):
            continue
        around = _around(said, at)
        likeness = max(_likeness(around, _around(mine, i)) for i in places)
        kinds = {_kind(mine, i) for i in places}
        for i in _figures(theirs):
            there = _around(theirs, i)
            shared = (around.keys() & there.keys()) - kinds
            alike = _likeness(around, there) >= _ALIKE * likeness and len(shared) >= _FEWEST_SHARED
            if alike and _kind(theirs, i) in kinds - {""}:
                return _figure_as_written(theirs, i)
    return ""


def only_figure(figure: Number, own: str, other: str) -> str:
    """Give the one figure of a text that counts the same kind of thing as a figure of another, but differs.

    Args:
        figure: that `own` holds.
        own: a piece of evidence.
        other: a sentence of another article.

    Returns:
        It as written; "" where there is none, or several, or only a difference ("4 million more").
    """
    mine, theirs = Parsed.of(own), Parsed.of(other)
    kinds = {_kind(mine, i) for i, f in _figures(mine).items() if f == figure} - {"", "than"}
    same = {i: f for i, f in _figures(theirs).items() if _kind(theirs, i) in kinds}
    if len(same) != 1:
        return ""
    ((at, found),) = same.items()
    before, after = theirs.tokens[max(0, at - 2) : at], theirs.tokens[at + 1 : at + 4]
    change = {t.lower for t in before} & _OF_CHANGE or {t.lower for t in after} & {"more", "fewer", "less"}
    return "" if found == figure or change else _figure_as_written(theirs, at)


def of_another_subject(own: str, other: str) -> bool:
    """Tell whether two texts give their figures of different things by the same verb.

    "The plant has cost 9.8 billion" and "the repairs have cost 355 million": no report of the one on the other.
    """
    mine, theirs = Parsed.of(own), Parsed.of(other)
    pairs = [
        (one, two)
        for one in mine.frames
        for two in theirs.frames
        if one.stem == two.stem and one.verb not in _LIGHT and _has_figure(mine, one) and _has_figure(theirs, two)
    ]
    return bool(pairs) and all(
        one.agents and two.agents and not _fits(one.agents, two.agents) for one, two in pairs
    )


def _has_figure(text: Parsed, frame: Frame) -> bool:
    return any(_figure(text.tokens, at) is not None for p in frame.patients for at in (*p.inside, p.at))


def figures_of(text: str, *, with_former: bool = False) -> list[tuple[Number, str]]:
    """Give the figures of a text with what each counts, "%" for a percentage; what counts nothing is left out.

    Args:
        text: one or more sentences.
        with_former: whether to give also what something was before: the 39,500 of "up from 39,500".
    """
    parsed = Parsed.of(text)
    found: list[tuple[Number, str]] = []
    for at, figure in _figures(parsed).items():
        kind = _kind(parsed, at)
        if at and parsed.tokens[at - 1].lower in _FORMER:
            if not with_former:
                continue
            kind = found[-1][1] if found else kind  # "to 22.4 million crowns from 31.9 million a year earlier"
        if kind not in ("", "than"):
            found.append((figure, kind))
    return found


def _figures(text: Parsed) -> dict[int, Number]:
    return {t.index: f for t in text.tokens if (f := _figure(text.tokens, t.index)) is not None}


def _figure_as_written(text: Parsed, at: int) -> str:
    first = at - 1 if at and text.tokens[at - 1].text in "$€£¥" else at
    last = at
    while last + 1 < len(text.tokens) and (
        text.tokens[last + 1].pos == "NUM" or text.tokens[last + 1].text == "%"
    ):
        last += 1
    if text.tokens[last].text != "%" and last + 1 < len(text.tokens) and text.tokens[last + 1].pos == "NOUN":
        last += 1
    return written(text.tokens[first : last + 1])
