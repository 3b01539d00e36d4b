import pytest

from eval.attacks import INVENTED, Attack, check_attack, load_attacks
from qa.build import build_writer
from qa.config import Settings
from qa.gate import Gate
from qa.writing import Writer
from tests.fakes import ScriptedChatModel, Verifying

GATE = Gate({"m": {"verifier": {"doubted": -2.5, "vouched": 0.5}}}, "m")


def share(findings):
    return sum(f.right for f in findings) / len(findings)


def test_the_check_holds_what_it_was_measured_at():
    rules = build_writer(Settings(), None)
    findings = [check_attack(a, rules) for a in load_attacks() if a.split == "test"]
    false = [f for f in findings if not f.attack.supported]
    assert share([f for f in false if f.attack.kind == INVENTED]) >= 0.95
    assert share([f for f in false if f.attack.kind != INVENTED]) >= 0.6
    assert share([f for f in findings if f.attack.supported]) >= 0.7


def attack_like(kind, sentence):
    given = next(a for a in load_attacks() if a.id == "ga001")  # the council voted 31 to 12 to build the bypass
    return Attack(given.id, given.split, given.question, given.evidence, sentence, kind, supported=False)


@pytest.mark.parametrize(
    ("sentence", "yes", "stands"),
    [
        ("The council voted 31 to 12 on Monday to build the bypass.", 0.5, True),
        ("The council voted 31 to 12 on Monday to build the bypass.", 0.05, False),
        ("The council voted 31 to 12 on Monday not to build the bypass.", 0.6, False),
        ("The council voted 31 to 12 on Monday not to build the bypass.", 0.7, True),
        ("The council voted 33 to 12 on Monday to build the bypass.", 0.99, False),
    ],
    ids=["unsure", "doubted", "grammar objects", "vouched for", "a figure that nobody gave"],
)
def test_the_verifier_may_doubt_and_vouch_but_never_for_a_figure_that_the_evidence_lacks(sentence, yes, stands):
    writer = Writer(Verifying(ScriptedChatModel(replies=[], yes=yes), "m"), GATE, Settings())
    finding = check_attack(attack_like("any", sentence), writer)
    assert (not finding.reason) is stands, finding.reason
