"""Follows a payment until its verdict: shows it, asks, and never leaves without a word."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence

import msgspec

from agent.api.v1.bodies import PaymentEvent, PaymentView, Prompt
from agent.cli.ui import verdict
from agent.cli.ui.client import AgentUnreachableError, ApiClient, BrokenError, RefusedError
from agent.cli.ui.exits import CommandError, Exit, exit_of
from agent.cli.ui.options import api, screen
from agent.cli.ui.prompt import answer_for
from agent.cli.ui.screen import Screen
from agent.texts import say

# An agent that systemd starts again is back within a few seconds.
RETRY_PAUSES_S: Sequence[float] = (1.0, 2.0, 4.0)


Begin = Callable[[ApiClient], PaymentView]


def run(args: argparse.Namespace, payment_id: str, begin: Begin) -> int:
    """Begin a payment and wait for its verdict, which sets the exit code."""
    client, out = api(args), screen(args)
    out.say(f"Payment id {payment_id}")
    try:
        view = _from_begin_to_end(client, out, payment_id, begin)
    except AgentUnreachableError as error:
        raise CommandError(say("cli.not_reached", path=client.path, why=error), Exit.UNAVAILABLE) from None
    except RefusedError as error:
        raise refused(error) from None
    except (BrokenError, GoneError, KeyboardInterrupt):
        raise CommandError(say("cli.lost", payment_id=payment_id), Exit.UNCLEAR) from None
    verdict.print_verdict(out, view)
    return finish(args, view)


def _from_begin_to_end(client: ApiClient, out: Screen, payment_id: str, begin: Begin) -> PaymentView:
    follower = PaymentFollower(client, out, payment_id)
    try:
        view = begin(client)
    except KeyboardInterrupt:  # the line broke while the request was on its way: is there a payment at all?
        follower.cancel()
        view = client.call("GET", f"/v1/payments/{payment_id}", PaymentView)
    out.say(verdict.headline(view))
    return view if view.phase == "done" else follower.until_done()


def finish(args: argparse.Namespace, view: PaymentView) -> int:
    """Print the JSON if requested; returns the verdict's exit code."""
    if args.json:
        sys.stdout.write(msgspec.json.encode(view).decode() + "\n")
    return exit_of(view)


def refused(error: RefusedError) -> CommandError:
    """Print the agent's three sentences; the exit code says if it is safe to try again."""
    answer = error.answer
    text = f"{answer.message}\n{answer.money}\nNext: {answer.next_step}"
    codes = {401: Exit.NO_PERMISSION, 403: Exit.NO_PERMISSION, 423: Exit.NO_PERMISSION, 503: Exit.NOT_SENT}
    if error.status >= 500 and error.status not in codes:
        return CommandError(text, Exit.UNCLEAR)
    return CommandError(
        text,
        Exit.NOT_SENT
        if answer.error in {"terminal_busy", "terminal_unclear"}
        else codes.get(error.status, Exit.USAGE),
    )


class GoneError(Exception):
    """The agent did not come back while we waited for a verdict."""


class PaymentFollower:
    """One payment's events, resumed over broken lines and Ctrl-C."""

    def __init__(self, client: ApiClient, out: Screen, payment_id: str) -> None:
        self._client = client
        self._out = out
        self._payment_id = payment_id
        self._after = 0
        self._shown = ""
        self._asked: set[str] = set()
        self._breaks = 0

    def until_done(self) -> PaymentView:
        """The payment with its verdict. Raises `GoneError` when the agent does not come back.

        Ctrl-C asks to cancel. A second one, while that request is on its way, ends the wait with
        `KeyboardInterrupt`.
        """
        while True:
            try:
                self._pause()
                done = self._follow()
            except (AgentUnreachableError, BrokenError):
                done = None
            except KeyboardInterrupt:
                self.cancel()
                continue
            if done is not None:
                return done
            self._breaks += 1

    def _follow(self) -> PaymentView | None:
        for event in self._client.events(self._payment_id, self._after):
            self._breaks = 0
            self._show(event)
            self._after = event.id
            if event.payment.phase == "done":
                return event.payment
        return None

    def _show(self, event: PaymentEvent) -> None:
        view = event.payment
        if view.display and view.display != self._shown:
            self._shown = view.display
            self._out.detail(view.display)
        if view.prompt is not None and view.prompt.id not in self._asked:
            self._put_to_cashier(view.prompt)

    def _put_to_cashier(self, prompt: Prompt) -> None:
        self._asked.add(prompt.id)
        try:
            answer_for(self._client, self._out, self._payment_id, prompt)
        except (AgentUnreachableError, BrokenError):
            self._asked.discard(prompt.id)
            raise

    def _pause(self) -> None:
        if self._breaks > len(RETRY_PAUSES_S):
            raise GoneError
        if self._breaks:
            time.sleep(RETRY_PAUSES_S[self._breaks - 1])

    def cancel(self) -> None:
        """Ask the agent to cancel; the verdict is still to come."""
        try:
            self._client.call("POST", f"/v1/payments/{self._payment_id}/cancel", PaymentView)
            self._out.detail(say("cli.cancel_asked"))
        except RefusedError as error:
            self._out.detail(say("cli.cancel_refused", message=error.answer.message))
        except (AgentUnreachableError, BrokenError):
            self._out.detail(say("cli.cancel_lost"))
