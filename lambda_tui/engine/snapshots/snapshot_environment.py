"""The environment that a snapshot is taken of: it is initialised, frozen, and never invoked."""

from __future__ import annotations

from dataclasses import replace

from lambda_tui.engine import events
from lambda_tui.engine.environment import ExecutionEnvironment, Loss
from lambda_tui.engine.launch import Network, SandboxPlan
from lambda_tui.engine.wire import InitProcess, RuntimeFrame


class SnapshotEnvironment(ExecutionEnvironment):
    """Knows why there is no snapshot, and what of it is not carried on."""

    failure: Loss | None = None
    """Why its Init has failed."""

    @property
    def init_process(self) -> InitProcess:
        """Whose runtime is forked."""
        return self._init

    def on_runtime_initialised(self, frame: RuntimeFrame) -> None:
        """The runtime is as the snapshot will have it."""
        super().on_runtime_initialised(frame)
        if frame.threads > 1:
            self.emit(events.Notice("warning", _lost_threads(self.function.name, frame.threads)))

    def _plan(self, network: Network) -> SandboxPlan:
        return replace(super()._plan(network), is_snapshot=True)

    def _fail_init(self, why: Loss) -> None:
        super()._fail_init(why)
        self.failure = why


def _lost_threads(function: str, count: int) -> str:
    return (
        f"{function} has {count} threads when its snapshot is taken, and only the main one goes on "
        "in restored environments, where AWS has all: start the others in a function that is "
        "registered with snapshot_restore_py.register_after_restore, or in the handler."
    )
