"""What was expected, where it held, and where it did not."""

from dataclasses import dataclass, field

# One mistake shows up for every poll; a few places are enough to see what they have in common.
SHOWN_MAX = 5


@dataclass
class Rule:
    held: int = 0
    # By operation: the first request that showed it, and what came.
    broken: dict[str, str] = field(default_factory=dict)
    broken_times: int = 0


class Report:
    """Rules by their sentences."""

    def __init__(self) -> None:
        self.rules: dict[str, Rule] = {}
        self.untold: list[str] = []
        self.failed = False

    def expect(self, rule: str, holds: bool, where: str, got: object = "", of: str = "") -> bool:
        """`where` is the request, `of` the operation that it belongs to."""
        if rule not in self.rules:
            self.rules[rule] = Rule()
        if rule not in self.untold:
            self.untold.append(rule)
        kept = self.rules[rule]
        if holds:
            kept.held += 1
        else:
            self.failed = True
            kept.broken_times += 1
            kept.broken.setdefault(of or where, f"{where}: {str(got)[:400]}")
        return holds

    def tell(self) -> None:
        """Prints the rules that were looked at since the last time."""
        for sentence in self.untold:
            rule = self.rules[sentence]
            if not rule.broken:
                print(f"  ok   {sentence} ({rule.held})")
                continue
            print(f"  FAIL {sentence} ({rule.broken_times} of {rule.held + rule.broken_times})")
            for place in list(rule.broken.values())[:SHOWN_MAX]:
                print(f"         {place}")
            if len(rule.broken) > SHOWN_MAX:
                others = ", ".join(list(rule.broken)[SHOWN_MAX:])
                print(f"         and {others}")
        self.untold = []

    def summary(self) -> str:
        broken = sum(1 for rule in self.rules.values() if rule.broken)
        return f"{len(self.rules) - broken} rules held, {broken} broken"
