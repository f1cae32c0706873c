"""Parses the arguments of each command."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Literal, NoReturn, get_args

from lambda_tui import __version__
from lambda_tui.commands.errors import USAGE_ERROR
from lambda_tui.project.settings import SandboxChoice

Place = Literal["docker", "podman", "lima"]
"""Where else lambda-tui can run: in a container, or in a virtual machine."""

FOLDER_GIVEN = "is_project_given"
"""The name in the namespace of whether the project's folder is named."""

_EPILOG = """\
commands:
  lambda-tui [PROJECT]            open the project in a folder on the screen; --plain: as lines
  lambda-tui list [PROJECT]       list its functions
  lambda-tui invoke [FUNCTION]    invoke one, with --payload, --event, --count, --async, --output
  lambda-tui event [SERVICE]      print a service's event; without one, list the services
  lambda-tui serve [PROJECT]      serve the Lambda API to SDKs, the AWS CLI and other functions
  lambda-tui history              list past invocations; show N, --function, --failed, --clear
  lambda-tui doctor [PROJECT]     look at the sandbox, the interpreters and the machine's limits
  lambda-tui init [FOLDER]        write a small new function, with --language and --kind
  lambda-tui demo [FOLDER]        copy the example project and open it

Each takes --in docker, --in podman or --in lima, and then runs there.
`lambda-tui COMMAND --help` tells the rest. A folder named like a command is opened as ./COMMAND.
Every command takes the project's folder as --project DIR too, and a template as -t FILE.
"""


class OneLineParser(argparse.ArgumentParser):
    """Reports in one line what is wrong with the arguments."""

    def error(self, message: str) -> NoReturn:
        """Exit with the status for something that the user has to put right."""
        self.exit(USAGE_ERROR, f"{self.prog}: {message}; see `{self.prog} --help`.\n")


def screen_parser() -> argparse.ArgumentParser:
    """Return the parser of ``lambda-tui`` itself."""
    parser = OneLineParser(
        prog="lambda-tui",
        description="A small AWS Lambda in your terminal.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    _add_project(parser)
    _add_place(parser)
    _add_address(parser)
    _add_plain(parser)
    _add_sync(parser)
    _add_cloud(parser)
    parser.add_argument("--version", action="version", version=f"lambda-tui {__version__}")
    _add_sandbox(parser)
    _add_synth(parser)
    _add_no_watch(parser)
    _add_log_file(parser)
    return parser


def demo_parser() -> argparse.ArgumentParser:
    """Return the parser of ``lambda-tui demo``."""
    parser = _parser("demo", "Copies the example project to a folder and opens it.")
    _add_project(parser, "lambda-tui-demo")
    parser.add_argument("--no-open", action="store_true", help="only copy it")
    _add_plain(parser)
    _add_address(parser)
    _add_cloud(parser)
    _add_sandbox(parser)
    _add_no_watch(parser)
    return parser


def init_parser() -> argparse.ArgumentParser:
    """Return the parser of ``lambda-tui init``."""
    parser = _parser("init", "Writes a small new function; asks for what no option says.")
    _add_project(parser, "hello-lambda")
    parser.add_argument(
        "--language", choices=("python", "node", "typescript"), help="of the function (python)"
    )
    parser.add_argument(
        "--kind",
        choices=("plain", "sam"),
        help="plain: code alone; sam: with a template, to be deployed (plain)",
    )
    return parser


def list_parser() -> argparse.ArgumentParser:
    """Return the parser of ``lambda-tui list``."""
    parser = _parser("list", "Lists the functions of a project.")
    _add_project(parser)
    parser.add_argument("--json", action="store_true", help="as a JSON array")
    _add_synth(parser)
    return parser


def doctor_parser() -> argparse.ArgumentParser:
    """Return the parser of ``lambda-tui doctor``."""
    parser = _parser("doctor", "Says what works on this machine, what does not, and the remedy.")
    _add_project(parser)
    _add_sandbox(parser)
    return parser


def history_parser() -> OneLineParser:
    """Return the parser of ``lambda-tui history``."""
    parser = _parser("history", "Lists the invocations that the screen has kept, newest first.")
    parser.add_argument(
        "action", nargs="?", choices=("show",), help="show one: its event, response and log"
    )
    parser.add_argument("which", nargs="?", metavar="ID", help="its id in the list, or request id")
    _add_project_option(parser, Path())
    parser.add_argument("--function", metavar="NAME", help="of this function only")
    parser.add_argument("--failed", action="store_true", help="failed and throttled ones only")
    parser.add_argument("--limit", type=_positive, default=50, help="the most that are listed (50)")
    parser.add_argument(
        "--output",
        choices=("text", "json"),
        default="text",
        help="json: an object a line for each invocation (text)",
    )
    parser.add_argument(
        "--clear",
        action="store_true",
        help="remove the history of all projects; with --project of that one",
    )
    return parser


def serve_parser() -> argparse.ArgumentParser:
    """Return the parser of ``lambda-tui serve``."""
    parser = _parser("serve", "Serves the Lambda API until Ctrl+C.")
    _add_project(parser)
    _add_address(parser)
    parser.add_argument(
        "--output",
        choices=("text", "json"),
        default="text",
        help="text: lines on standard error; json: an object a line on standard output (text)",
    )
    parser.add_argument(
        "--log-level",
        choices=("debug", "info", "warning", "error"),
        default="info",
        help="the least that is written; debug tells every change of an environment (info)",
    )
    parser.add_argument(
        "--quiet",
        action="store_const",
        const="warning",
        dest="log_level",
        help="write warnings and errors only",
    )
    _add_sync(parser)
    _add_cloud(parser)
    _add_sandbox(parser)
    _add_synth(parser)
    _add_no_watch(parser)
    return parser


def invoke_parser() -> argparse.ArgumentParser:
    """Return the parser of ``lambda-tui invoke``."""
    parser = _parser("invoke", "Invokes a function; fails with 1 when an invocation does.")
    parser.add_argument(
        "function",
        nargs="?",
        help="its name or logical id, or NAME:ALIAS or NAME:VERSION; may be left out where it is "
        "the only one",
    )
    _add_project(parser)
    event = parser.add_mutually_exclusive_group()
    event.add_argument("-e", "--event", metavar="FILE", help="a JSON file, or - for standard input")
    event.add_argument("--payload", metavar="JSON", help="the event itself ({})")
    parser.add_argument(
        "--tenant-id", metavar="ID", help="for a function that isolates tenants: whom it is for"
    )
    parser.add_argument(
        "--qualifier", metavar="NAME", help="a version or an alias, as NAME:ALIAS names it too"
    )
    parser.add_argument(
        "--client-context",
        metavar="JSON",
        help="a JSON object for context.client_context, as it is or, as the AWS CLI has it, "
        "in base64",
    )
    parser.add_argument("--count", type=_positive, default=1, help="how many times (1)")
    parser.add_argument("--concurrency", type=_positive, default=1, help="how many at a time (1)")
    parser.add_argument(
        "--async",
        action="store_true",
        dest="asynchronous",
        help="as events: with further tries, and delivery to destinations",
    )
    parser.add_argument(
        "--warm",
        action="store_true",
        help="in the environments of the screen or the `serve` of the project that runs",
    )
    parser.add_argument(
        "--output",
        choices=("text", "json", "events"),
        default="text",
        help="text: log on standard error, response on standard output; "
        "json: an object a line for each invocation; events: the event stream as JSON (text)",
    )
    _add_sync(parser)
    _add_cloud(parser)
    _add_sandbox(parser)
    _add_synth(parser)
    return parser


def event_parser() -> argparse.ArgumentParser:
    """Return the parser of ``lambda-tui event``."""
    parser = _parser("event", "Prints a new event of a service; without one, lists the services.")
    parser.add_argument("service", nargs="?", help="such as sqs; without it, all are listed")
    parser.add_argument(
        "--set",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        dest="given",
        help="the value of a parameter; may be given several times",
    )
    parser.add_argument(
        "--function",
        metavar="NAME",
        help="take what the template says of this function's trigger; SERVICE may be left out",
    )
    _add_project_option(parser, Path())
    parser.add_argument(
        "--output",
        choices=("text", "json"),
        default="text",
        help="text: indented lines; json: one line (text)",
    )
    return parser


def take_place(given: list[str]) -> tuple[Place | None, list[str]]:
    """Return where a command line is to run, and the command line without that option.

    None says that it runs here.
    """
    if not any(one == "--in" or one.startswith("--in=") for one in given):
        return None, given
    parser = OneLineParser(prog="lambda-tui", add_help=False, allow_abbrev=False)
    _add_place(parser)
    options, others = parser.parse_known_args(given)
    return options.place, others


def _parser(command: str, description: str) -> OneLineParser:
    prog = f"lambda-tui {command}"
    parser = OneLineParser(prog=prog, description=description, allow_abbrev=False)
    _add_place(parser)
    _add_log_file(parser)
    return parser


class _NamedOnce(argparse.Action):
    """Takes the project's folder from its place or from its option, but not from both."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        if values is self.default:
            # A place that is left empty.
            return
        if getattr(namespace, FOLDER_GIVEN, False):
            parser.error("the project's folder is named twice")
        setattr(namespace, FOLDER_GIVEN, True)
        setattr(namespace, self.dest, values)


def _add_project(parser: argparse.ArgumentParser, default: str = ".") -> None:
    """Add the project's folder, at its place and as an option."""
    folder = Path(default)
    parser.add_argument(
        "project",
        nargs="?",
        type=Path,
        action=_NamedOnce,
        default=folder,
        help=f"the project's folder ({default})",
    )
    _add_project_option(parser, folder)


def _add_project_option(parser: argparse.ArgumentParser, folder: Path) -> None:
    parser.add_argument(
        "--project",
        metavar="DIR",
        type=Path,
        action=_NamedOnce,
        default=folder,
        help=f"the project's folder, as an option ({folder})",
    )
    if folder == Path():
        _add_template(parser)


def _add_template(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-t",
        "--template",
        metavar="FILE",
        type=Path,
        help="the template, or Terraform plan, to read; its folder is the project's by default",
    )
    parser.add_argument(
        "--parameter-overrides",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="values of the template's parameters, as SAM takes them; may be given several times",
    )
    parser.add_argument(
        "--env-file",
        metavar="FILE",
        type=Path,
        help="variables for the functions: lines NAME=value, or SAM's JSON",
    )
    parser.add_argument(
        "--config-env",
        metavar="NAME",
        help="the environment of samconfig.toml whose parameters hold (default)",
    )


def _add_cloud(parser: argparse.ArgumentParser) -> None:
    credentials = parser.add_mutually_exclusive_group()
    credentials.add_argument(
        "--credentials",
        metavar="WHOSE",
        help="whose AWS credentials functions get: placeholder, shell or profile:NAME "
        "(placeholder)",
    )
    credentials.add_argument(
        "--profile",
        metavar="NAME",
        help="give functions the AWS credentials of this profile",
    )
    parser.add_argument("--region", metavar="NAME", help="the region of functions")
    parser.add_argument(
        "--endpoint-url",
        metavar="[SERVICE=]URL",
        action="append",
        default=[],
        help="where functions find AWS's services, or one of them; may be given several times",
    )


def _add_sandbox(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--sandbox", choices=get_args(SandboxChoice), help="how environments are kept apart (auto)"
    )


def _add_synth(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--synth",
        action="store_true",
        help="synthesise the CDK app first, by the command of the setting cdk.synth",
    )


def _add_place(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--in",
        dest="place",
        choices=get_args(Place),
        help="run there, in a Linux whose sandboxes are real",
    )


def _add_address(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--host", default="127.0.0.1", help="where the Lambda API listens (%(default)s)"
    )
    parser.add_argument("--port", type=_port, help="(3001, or the next that is free)")


def _add_no_watch(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--no-watch", action="store_true", help="do not initialise again when a file changes"
    )


def _add_sync(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--sync",
        action="store_true",
        help="install what functions lack, into lambda-tui's cache: what their requirements or "
        "package.json name, and the SDK that AWS's runtimes bring",
    )


def _add_plain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--plain",
        action="store_true",
        help="no screen: the log as lines on standard output, and the screen's letter keys",
    )


def _add_log_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--log-file",
        metavar="FILE",
        type=Path,
        default=os.environ.get("LAMBDA_TUI_LOG") or None,
        help="append a debug log to this file, without payloads and secrets ($LAMBDA_TUI_LOG)",
    )


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text[:12]) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above 0")
    return int(text[:12])


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text[:12]) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port from 0 to 65535")
    return int(text)
