"""The environments of SnapStart: those of which snapshots are taken, those that are restored."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from lambda_tui import limits
from lambda_tui.engine.environment import (
    EnvironmentOwner,
    ExecutionEnvironment,
    Failure,
    Outcome,
    RestorePhase,
)
from lambda_tui.engine.events import Notice
from lambda_tui.engine.invocation import Refusal
from lambda_tui.engine.launch import Network, SandboxPlan
from lambda_tui.engine.lifecycle import Phase, State
from lambda_tui.engine.runtime_api import OpenApi
from lambda_tui.engine.wire import ForkServer, InitProcess, RuntimeFrame
from lambda_tui.project.function import Function

# The errors in the words of AWS's SDKs.
_HOOK_FAILED = Refusal(
    "SnapStartException",
    "The afterRestore() runtime hook encountered an error. "
    "For more information, check the Amazon CloudWatch logs.",
)
_TOO_SLOW = Refusal(
    "SnapStartTimeoutException", "Lambda couldn't restore the snapshot within the timeout limit."
)
_STUCK = (
    "The snapshot does not fork; look for what the function, or a library of its, has registered "
    "with os.register_at_fork. The next invocation begins with a new one."
)


class SnapshotEnvironment(ExecutionEnvironment):
    """The environment of which a snapshot is taken: initialised, frozen, and never invoked."""

    failure: Failure | None = None
    """Why its Init has failed."""

    @property
    def init_process(self) -> InitProcess:
        """The init process whose runtime is forked."""
        return self._init_process

    def _on_runtime_initialised(self, frame: RuntimeFrame) -> None:
        super()._on_runtime_initialised(frame)
        if frame.threads > 1:
            self.emit(Notice("warning", _lost_threads(self.function.name, frame.threads)))

    def _plan(self, network: Network) -> SandboxPlan:
        return replace(super()._plan(network), is_snapshot=True)

    def _fail_init(self, failure: Failure) -> None:
        super()._fail_init(failure)
        self.failure = failure


class RestoredEnvironment(ExecutionEnvironment):
    """An environment with a Restore phase in place of Init. It ends when that fails."""

    init_phase = RestorePhase

    def __init__(
        self,
        function: Function,
        number: int,
        snapshot: ForkServer,
        owner: EnvironmentOwner,
        open_api: OpenApi,
        on_stuck: Callable[[], None],
    ) -> None:
        """``on_stuck`` is called when the snapshot does not fork within the limit."""
        super().__init__(function, number, snapshot, owner, open_api, "snap-start")
        self._on_stuck = on_stuck

    @property
    def phase(self) -> Phase | None:
        """The AWS phase that it is in; None between phases."""
        phase = super().phase
        return Phase.RESTORE if phase is Phase.INIT else phase

    def give_up(self, failure: Failure) -> None:
        """End it without a snapshot; the invocation that waits fails as the snapshot's Init did."""
        invocation, self.invocation = self.invocation, None
        if invocation is not None:
            outcome = Outcome.of_failure(failure, invocation.request_id)
            invocation.finish(outcome.status, outcome.payload)
        self.shut_down("failure")

    def _on_built(self) -> None:
        super()._on_built()
        if self.state is State.CREATING:
            # The fork is part of the Restore phase, though nothing of the environment exists yet.
            self._limit.set(limits.RESTORE_SECONDS)

    def _on_failed(self, failure: Failure) -> None:
        super()._on_failed(failure)
        if self.init.error_type is not None:
            self.shut_down("failure")

    def _on_limit(self) -> None:
        if self.state is not State.CREATING:
            super()._on_limit()
            return
        self._on_started(time.monotonic())
        self._limit.clear()
        self._fail_init(Failure.timeout(limits.RESTORE_SECONDS))
        self._on_stuck()
        self._init_process.give_up(_STUCK)

    def _fail_init(self, failure: Failure) -> None:
        # The service refuses the invocation, which the function never receives. So it must be
        # forgotten before anything is reported of it.
        invocation, self.invocation, self._invoke = self.invocation, None, None
        super()._fail_init(failure)
        if invocation is not None:
            invocation.refuse(_TOO_SLOW if failure.is_timeout else _HOOK_FAILED)


def _lost_threads(function: str, count: int) -> str:
    return (
        f"{function} has {count} threads when its snapshot is taken, and only the main one goes on "
        "in restored environments, where AWS has all: start the others in a function that is "
        "registered with snapshot_restore_py.register_after_restore, or in the handler."
    )
