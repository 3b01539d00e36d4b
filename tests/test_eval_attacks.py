from eval.attacks import INVENTED, check_attack, load_attacks


def share(findings):
    return sum(f.right for f in findings) / len(findings)


def test_the_check_holds_what_it_was_measured_at():
    findings = [check_attack(a) for a in load_attacks() if a.split == "test"]
    false = [f for f in findings if not f.attack.supported]
    assert share([f for f in false if f.attack.kind == INVENTED]) >= 0.95
    assert share([f for f in false if f.attack.kind != INVENTED]) >= 0.6
    assert share([f for f in findings if f.attack.supported]) >= 0.7
