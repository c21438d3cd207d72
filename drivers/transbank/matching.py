"""Whether a response answers the running command: by ticket, by operation number, or by its kind."""

from __future__ import annotations

from drivers.terminal import Command, Operation
from drivers.transbank.commands import operation_number, response_to
from drivers.transbank.mapping import TICKET, VOID_OPERATION
from drivers.transbank.packet import TransbankResponse, same_ticket, ticket
from drivers.transbank.texts import APPROVED


def is_answer(
    command: Command, response: TransbankResponse, *, acknowledged: bool, voids_have_own: bool, alone: bool
) -> bool:
    """Whether this response is the command's, which the terminal has acknowledged or not yet.

    A refusal need not name what it refuses, once the command is acknowledged: fields at the end
    may be missing (reference 4), and nothing was booked. An approval always must, but for the
    voids of terminals that number them anew (`voids_have_own`). What names nothing counts only if no
    other payment is in doubt on this terminal (`alone`).
    """
    if response.function is not response_to(command.operation):
        return False
    nameless = response.code != APPROVED and acknowledged and alone
    if command.operation is Operation.SALE:
        named = response.text(TICKET)
        return same_ticket(named, ticket(command.sequence)) if named else nameless
    if command.operation is Operation.REVERSAL:
        if voids_have_own:
            return acknowledged and alone
        number = response.number(VOID_OPERATION)
        return nameless if number is None else number == operation_number(command)
    return acknowledged  # it has no name, and may be the answer to an older one of its kind
