"""How AWS words the end of a process, from its wait status."""

from __future__ import annotations

import os


def runtime_exit_text(status: int) -> str:
    """Of a runtime."""
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0:
        return "Runtime exited without providing a reason"
    return f"Runtime exited with error: {exit_text(status)}"


def extension_exit_text(status: int) -> str:
    """Of an extension."""
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0:
        return "exit code 0"
    return exit_text(status)


def exit_text(status: int) -> str:
    """``exit status 1``, ``signal: killed``."""
    if os.WIFSIGNALED(status):
        return f"signal: {_signal_text(os.WTERMSIG(status))}"
    return f"exit status {os.waitstatus_to_exitcode(status)}"


def _signal_text(number: int) -> str:
    # As Go prints signals, in which AWS's own service is written; libc's words differ for a few.
    words = {
        1: "hangup",
        2: "interrupt",
        3: "quit",
        4: "illegal instruction",
        5: "trace/breakpoint trap",
        6: "aborted",
        7: "bus error",
        8: "floating point exception",
        9: "killed",
        10: "user defined signal 1",
        11: "segmentation fault",
        12: "user defined signal 2",
        13: "broken pipe",
        14: "alarm clock",
        15: "terminated",
    }
    return words.get(number, f"signal {number}")
