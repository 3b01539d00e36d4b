import pytest

from eval.attacks import INVENTED, Attack, check_attack, load_attacks
from qa.gate import Gate

GATE = Gate({"m": {"verifier": {"doubted": -2.5, "vouched": 0.5}}}, "m")


def share(findings):
    return sum(f.right for f in findings) / len(findings)


def test_the_check_holds_what_it_was_measured_at():
    findings = [check_attack(a) for a in load_attacks() if a.split == "test"]
    false = [f for f in findings if not f.attack.supported]
    assert share([f for f in false if f.attack.kind == INVENTED]) >= 0.95
    assert share([f for f in false if f.attack.kind != INVENTED]) >= 0.6
    assert share([f for f in findings if f.attack.supported]) >= 0.7


def attack_like(kind, sentence):
    given = next(a for a in load_attacks() if a.id == "ga001")  # the council voted 31 to 12 to build the bypass
    return Attack(given.id, given.split, given.question, given.evidence, sentence, kind, supported=False)


@pytest.mark.parametrize(
    ("sentence", "verified", "stands"),
    [
        ("The council voted 31 to 12 on Monday to build the bypass.", 0.0, True),
        ("The council voted 31 to 12 on Monday to build the bypass.", -3.0, False),
        ("The council voted 31 to 12 on Monday not to build the bypass.", 0.0, False),
        ("The council voted 31 to 12 on Monday not to build the bypass.", 1.0, True),
        ("The council voted 33 to 12 on Monday to build the bypass.", 9.0, False),
    ],
    ids=["unsure", "doubted", "grammar objects", "vouched for", "a figure that nobody gave"],
)
def test_the_verifier_may_doubt_and_vouch_but_never_for_a_figure_that_the_evidence_lacks(
    sentence, verified, stands
):
    finding = check_attack(attack_like("any", sentence), lambda _: verified, GATE)
    assert (not finding.reason) is stands, finding.reason
