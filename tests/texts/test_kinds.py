"""Every kind of payment has its words: a name, what an approval means, and a next step for each verdict."""

from __future__ import annotations

from typing import get_args

import pytest

from agent.journal.schema.entry import PaymentKind, Verdict
from agent.journal.schema.kinds import KINDS, Kind
from agent.texts.en import TEXTS


def test_the_table_and_the_vocabulary_name_the_same_kinds() -> None:
    assert get_args(PaymentKind) == tuple(KINDS)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_a_kind_has_all_its_words(kind: Kind) -> None:
    steps = {f"next.{kind.next_steps}.{verdict}" for verdict in get_args(Verdict)}
    assert steps | {f"verdict.kind.{kind.name}", f"verdict.approved.{kind.name}"} <= set(TEXTS)
