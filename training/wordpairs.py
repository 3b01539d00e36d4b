"""Opposite words and negations, which turn a question round."""

import re
from typing import Any

_PAIRS = """
largest smallest, biggest smallest, highest lowest, longest shortest, oldest youngest, oldest newest, best
worst, earliest latest, first last, most least, more less, more fewer, greater smaller, larger smaller, higher
lower, longer shorter, older newer, older younger, better worse, earlier later, stronger weaker, faster
slower, strongest weakest, large small, big small, high low, long short, old new, old young, good bad, early
late, strong weak, fast slow, rich poor, easy difficult, hard easy, hot cold, major minor, public private,
internal external, same different, common rare, famous unknown, popular unpopular, positive negative, possible
impossible, legal illegal, successful unsuccessful, increase decrease, increased decreased, rise fall, rose
fell, gain lose, gained lost, win lose, won lost, begin end, began ended, start end, started ended, start
stop, open close, opened closed, built destroyed, build destroy, created destroyed, create destroy, support
oppose, supported opposed, allow forbid, allowed forbidden, allowed prevented, include exclude, included
excluded, accept reject, accepted rejected, like dislike, liked disliked, like hate, liked hated, love hate,
loved hated, buy sell, bought sold, add remove, added removed, arrive leave, arrived left, join leave, joined
left, attack defend, attacked defended, help hinder, helped hindered, encourage discourage, encouraged
discouraged, before after, during after, north south, east west, northern southern, eastern western, inside
outside, above below, over under, with without, male female, men women, man woman, boys girls, father mother,
son daughter, brother sister, husband wife, king queen, always never, advantage disadvantage, benefits
drawbacks, minimum maximum, majority minority, cause prevent, caused prevented, friend enemy, allies enemies,
ally enemy, victory defeat, birth death, born buried, born killed, alive dead, all none, both neither, many
few, top bottom, beginning end, left right, up down, day night, past future, modern ancient, urban rural,
import export, teacher student
"""
_OPPOSITES: dict[str, list[str]] = {}
for _pair in _PAIRS.replace("\n", " ").split(","):
    _one, _other = _pair.split()
    _OPPOSITES.setdefault(_one, []).append(_other)
    _OPPOSITES.setdefault(_other, []).append(_one)
_AUXILIARY = re.compile(
    r"\b(is|are|was|were|did|does|do|has|have|had|can|could|will|would|should|may|might|must)\b", re.IGNORECASE
)
_SHORTENED = {"is", "are", "was", "were", "did", "does", "do", "has", "have", "had", "could", "would", "should"}


def opposite(question: str, rng: Any) -> str | None:
    """Replace one word by its opposite; None if the question has no word with one."""
    found = [m for m in re.finditer(r"[A-Za-z]+", question) if m.group().lower() in _OPPOSITES]
    if not found:
        return None
    match = found[int(rng.integers(len(found)))]
    words = _OPPOSITES[match.group().lower()]
    word = words[int(rng.integers(len(words)))]
    word = word.capitalize() if match.group()[0].isupper() else word
    return question[: match.start()] + word + question[match.end() :]


def negated(question: str, rng: Any) -> str | None:
    """Negate the auxiliary verb ("did" to "did not" or "didn't"); None if the question has none or is negated."""
    match = _AUXILIARY.search(question)
    if match is None or re.search(r"\bnot\b|n[’']t\b|\bnever\b", question, re.IGNORECASE):
        return None
    verb = match.group()
    if verb.lower() in _SHORTENED and rng.random() < 0.5:
        return question[: match.start()] + verb + "n't" + question[match.end() :]
    if match.start() > 0 and rng.random() < 0.2:
        return question[: match.end()] + " never" + question[match.end() :]
    if verb.lower() in {"did", "do", "does"}:  # the subject comes between: "did the king not ..."
        return re.sub(rf"\b{verb}\b(( the| a| an)? \w+)", rf"{verb}\1 not", question, count=1)
    return question[: match.end()] + " not" + question[match.end() :]
