"""AWS's paths at level ``processes``, where the machine's own files lie there.

The functions of Python that take paths are given the real place for each path below ``/tmp``,
``/opt``, ``/var/task``, ``/var/runtime`` and mounts of file systems. What opens such a path in C is
not seen by that, only by an audit hook, whose finding the engine is told of.
"""

from __future__ import annotations

import builtins
import io
import os
import posix
import pwd
import re
import sys
from collections.abc import Iterable, Iterator
from types import CodeType, ModuleType
from typing import Any, Callable, Mapping, Tuple

TASK_ROOT, LAYERS_ROOT, SDK_ROOT = "/var/task", "/opt", "/var/runtime"
_TMP, _STORAGE_VARIABLE = "/tmp", b"TMPDIR"
_USER, _HOME = "sbx_user1051", "/home/sbx_user1051"

_Call = Callable[..., Any]
_Convert = Callable[["Paths", Any], Any]
_Arguments = Tuple[Tuple[int, str, _Convert], ...]
"""The position and the name of each argument that is changed, and how."""

# Where a path may begin in a command, or in the value of a variable.
_IN_TEXT = re.compile(
    r"(?<![\w.~/})-])/(?:tmp|opt|var/task|var/runtime|mnt)(?![\w.-])[^\s:;,\"'|<>()]*"
)
_OPENING = ("open", "sqlite3.connect", "ctypes.dlopen")
"""Audit events whose first argument is a path."""


class Paths:
    """The real places of AWS's paths."""

    machine_path = ""
    """A path of AWS's that was opened in C, and so led to the machine's own file; else empty."""

    def __init__(self, roots: Mapping[str, str], mounts: Mapping[str, str], storage: str) -> None:
        """``roots`` and ``mounts`` have the place here of each path on AWS but ``/tmp``."""
        self._fixed, self._mounts = {**roots, **mounts}, mounts
        self.move_storage(storage)

    def move_storage(self, storage: str) -> None:
        """Take another directory for ``/tmp``, and hide from the function the variable with it.

        The C library keeps the variable for itself and for the programs that are started.
        """
        self.storage = storage
        roots = {_TMP: storage, **self._fixed}
        self._roots: dict[str, str] = {
            root: place for root, place in roots.items() if place != root
        }
        self._beginnings: tuple[str, ...] = tuple(self._roots)
        # The interpreter or the project may itself lie below one of these on this machine.
        own = [*self._roots.values(), sys.prefix, sys.base_prefix, *sys.path]
        own += [os.path.realpath(sys.executable), os.path.realpath(__file__)]
        self._kept = frozenset(
            (root, path[len(root) :].split("/")[1])
            for path in own
            for root in self._roots
            if path.startswith(f"{root}/")
        )
        variables: Any = os.environ
        variables._data.pop(_STORAGE_VARIABLE, None)

    def stop(self) -> None:
        """Translate nothing until the storage is moved: the process is not the function's."""
        self._roots, self._beginnings = {}, ()

    def real(self, path: str) -> str:
        """Return the real place of a path; the same object where that is the path itself."""
        if not path.startswith(self._beginnings):
            return path
        if "/.." in path:
            path = os.path.normpath(path)
        for root, place in self._roots.items():
            first, *rest = path[len(root) :].split("/") if path.startswith(root) else [path]
            if not first and not (rest and (root, rest[0]) in self._kept):
                return place + path[len(root) :]
        return path

    def on_aws(self, path: Any) -> Any:  # noqa: ANN401 - text or bytes
        """Return the path as on AWS of what lies in the storage or in a mount."""
        if isinstance(path, bytes):
            return os.fsencode(self.on_aws(os.fsdecode(path)))
        for root in (_TMP, *self._mounts):
            place = self._roots.get(root)
            if place is not None and f"{path}/".startswith(f"{place}/"):
                return root + path[len(place) :]
        return path

    def notice(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Note, as an audit hook, a path that nothing has translated."""
        if event in _OPENING and isinstance(arguments[0], str):
            path = arguments[0]
            if self.real(path) is not path:
                self.machine_path = path


def _path(paths: Paths, given: Any) -> Any:  # noqa: ANN401 - whatever a function passes
    """Return the real place of a path in any form; anything else as it is."""
    if isinstance(given, (str, bytes)) or hasattr(given, "__fspath__"):
        path = os.fspath(given)
        text = os.fsdecode(path)
        real = paths.real(text)
        if real is not text:
            return real if isinstance(path, str) else os.fsencode(real)
    return given


def _text(paths: Paths, given: Any) -> Any:  # noqa: ANN401
    """Return a text, bytes or a path with the real places in it."""
    if isinstance(given, str):
        return _IN_TEXT.sub(lambda found: paths.real(found[0]), given)
    if isinstance(given, bytes):
        return os.fsencode(_text(paths, os.fsdecode(given)))
    return _path(paths, given)


def _texts(paths: Paths, given: Iterable[Any]) -> Any:  # noqa: ANN401
    return [_text(paths, one) for one in given]


def _database(paths: Paths, given: Any) -> Any:  # noqa: ANN401
    is_uri = isinstance(given, str) and given.startswith("file:")
    return _text(paths, given) if is_uri else _path(paths, given)


def _variables(paths: Paths, given: Mapping[Any, Any] | None) -> Any:  # noqa: ANN401
    """Return a program's variables with the real places, and with that of the storage."""
    variables = os.environ if given is None else given
    found = {os.fsencode(name): _text(paths, value) for name, value in variables.items()}
    found.setdefault(_STORAGE_VARIABLE, os.fsencode(paths.storage))
    return found


def _pairs(paths: Paths, given: Iterable[bytes] | None) -> Any:  # noqa: ANN401
    """Do the same for variables of the form ``NAME=VALUE``."""
    pairs = None if given is None else dict(one.split(b"=", 1) for one in given)
    found = _variables(paths, pairs)
    return [name + b"=" + os.fsencode(value) for name, value in found.items()]


def _one(name: str) -> _Arguments:
    return ((0, name, _path),)


_TWO: _Arguments = ((0, "src", _path), (1, "dst", _path))
_PROGRAM: _Arguments = ((0, "path", _path), (1, "argv", _texts))
_PROGRAM_WITH_VARIABLES: _Arguments = (*_PROGRAM, (2, "env", _variables))
_ONE_PATH = (
    *("access", "chdir", "chflags", "chmod", "chown", "getxattr", "lchflags", "lchmod", "lchown"),
    *("listdir", "listxattr", "lstat", "mkdir", "mkfifo", "mknod", "open", "pathconf", "readlink"),
    *("remove", "removexattr", "rmdir", "scandir", "setxattr", "stat", "statvfs", "truncate"),
    *("unlink", "utime"),
)
_OF_OS: dict[str, _Arguments] = {
    **{name: _one("path") for name in _ONE_PATH},
    **dict.fromkeys(("link", "rename", "replace", "symlink"), _TWO),
    **dict.fromkeys(("getcwd", "getcwdb"), ()),
    "system": ((0, "command", _text),),
    "execv": _PROGRAM,
    **dict.fromkeys(("execve", "posix_spawn", "posix_spawnp"), _PROGRAM_WITH_VARIABLES),
}
_IMPORTED_LATER: dict[str, dict[str, _Arguments]] = {
    "_posixsubprocess": {
        "fork_exec": ((0, "", _texts), (1, "", _texts), (4, "", _path), (5, "", _pairs))
    },
    "_sqlite3": {"connect": ((0, "database", _database),)},
    "_ctypes": {"dlopen": _one("")},
    "socket": {},
}
"""Functions of modules that a function may not use at all."""


class _Translating:
    """Calls a function of Python's own with the real places of its paths.

    No function itself: as that of a class it would become a method, which Python's own do not.
    """

    def __init__(self, paths: Paths, name: str, call: _Call, arguments: _Arguments) -> None:
        self._paths, self._call, self._arguments = paths, call, arguments
        self._finish = _FINISHES.get(name)
        self.__name__ = self.__qualname__ = name
        self.__doc__, self.__module__ = call.__doc__, call.__module__

    def __repr__(self) -> str:
        return repr(self._call)

    def __call__(self, *given: Any, **named: Any) -> Any:  # noqa: ANN401
        arguments, renamed = list(given), {}
        for position, name, convert in self._arguments:
            place: Any = (arguments, position) if position < len(arguments) else (named, name)
            holder, key = place
            if holder is arguments or key in named:
                before = holder[key]
                holder[key] = convert(self._paths, before)
                if convert is _path and holder[key] is not before:
                    renamed[holder[key]] = before
        try:
            result = self._call(*arguments, **named)
        except OSError as error:
            # As on AWS: the function has never heard of the real place.
            error.filename = renamed.get(error.filename, error.filename)
            if error.filename2 is not None:
                error.filename2 = renamed.get(error.filename2, error.filename2)
            raise
        if self._finish is not None:
            return self._finish(self._paths, result, next(iter(renamed.values()), None))
        return result


def own_code() -> Iterable[CodeType]:
    """Return the code here that a function calls unknowingly, and that AWS does not have."""
    return (_Translating.__call__.__code__,)


def _finish_path(paths: Paths, result: Any, _given: Any) -> Any:  # noqa: ANN401
    return paths.on_aws(result)


def _finish_open(_paths: Paths, result: Any, given: Any) -> Any:  # noqa: ANN401
    """Name a file as the function has; a descriptor is returned as it is."""
    if given is not None and not isinstance(result, int):
        buffer = getattr(result, "buffer", result)
        getattr(buffer, "raw", buffer).name = given
    return result


def _finish_scandir(_paths: Paths, result: Any, given: Any) -> Any:  # noqa: ANN401
    return result if given is None else _Entries(result, os.fspath(given))


_FINISHES = {
    "open": _finish_open,
    "scandir": _finish_scandir,
    **dict.fromkeys(("readlink", "getcwd", "getcwdb"), _finish_path),
}


class _Entries:
    """The entries of a directory, as ``os.scandir`` returns them."""

    def __init__(self, entries: Any, directory: Any) -> None:  # noqa: ANN401
        self._entries, self._directory = entries, directory
        self.close = entries.close

    def __iter__(self) -> Iterator[_Entry]:
        return self

    def __next__(self) -> _Entry:
        return _Entry(next(self._entries), self._directory)

    def __enter__(self) -> _Entries:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


class _Entry:
    """An entry of a directory by its path on AWS."""

    def __init__(self, entry: Any, directory: Any) -> None:  # noqa: ANN401
        self._entry = entry
        self.path = os.path.join(directory, entry.name)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._entry, name)

    def __fspath__(self) -> Any:  # noqa: ANN401
        return self.path

    def __repr__(self) -> str:
        return repr(self._entry)


class _Finder:
    """A finder after which functions of modules translate, once these are imported."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:  # noqa: ANN401
        if name not in _IMPORTED_LATER:
            return None
        finders: Any = [finder for finder in sys.meta_path if finder is not self]
        found: Any = (finder.find_spec(name, path, target) for finder in finders)
        spec = next((one for one in found if one is not None), None)
        if spec is None:
            return None
        spec.loader = _Loader(spec.loader, self._paths)
        return spec


class _Loader:
    """Loads a module as another loader does, and has its functions translate."""

    def __init__(self, loader: Any, paths: Paths) -> None:  # noqa: ANN401
        self._loader, self._paths = loader, paths

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._loader, name)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        _translate(self._paths, module, _IMPORTED_LATER[module.__name__])


def install(paths: Paths) -> None:
    """Have all functions of this process translate; to be called once, before the function's code.

    The variable ``TMPDIR`` has the directory in the place of ``/tmp``.
    """
    originals = {name: getattr(os, name) for name in _OF_OS if hasattr(os, name)}
    for module in (os, posix):
        _translate(paths, module, _OF_OS)
    for names in (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks):
        names |= {getattr(os, name) for name, one in originals.items() if one in names}
    with_open: Any = (builtins, io, sys.modules["_io"])
    opening = _Translating(paths, "open", builtins.open, _one("file"))
    opening_code = _Translating(paths, "open_code", io.open_code, _one("path"))
    for module in with_open:
        module.open = opening
    for module in with_open[1:]:
        module.open_code = opening_code
    for name in _IMPORTED_LATER:
        if name in sys.modules:
            _translate(paths, sys.modules[name], _IMPORTED_LATER[name])
    sys.meta_path.insert(0, _Finder(paths))
    # Modules in such a folder have real files, which the dynamic linker finds too.
    sys.path_hooks[:] = [_translating_hook(paths, hook) for hook in sys.path_hooks]
    pwd.getpwuid = _user_on_aws(pwd.getpwuid)
    sys.addaudithook(paths.notice)


def _translate(paths: Paths, module: ModuleType, functions: Mapping[str, _Arguments]) -> None:
    # A module of the function's own may have this name.
    if module.__name__ == "socket" and hasattr(module, "socket"):
        for name in ("bind", "connect", "connect_ex"):
            method = getattr(module.socket, name)
            setattr(module.socket, name, _translating_address(paths, method))
    for name, arguments in functions.items():
        call = getattr(module, name, None)
        if call is not None:
            setattr(module, name, _Translating(paths, name, call, arguments))


def _translating_address(paths: Paths, method: _Call) -> _Call:
    """Return a method of sockets that is given the real place of a Unix socket."""

    def call(self: Any, address: Any) -> Any:  # noqa: ANN401
        return method(self, _path(paths, address))

    return call


def _translating_hook(paths: Paths, hook: _Call) -> _Call:
    def path_hook(path: str) -> Any:  # noqa: ANN401
        return hook(paths.real(path))

    path_hook.__name__ = hook.__name__
    return path_hook


def _user_on_aws(find: Callable[[int], pwd.struct_passwd]) -> Callable[[int], pwd.struct_passwd]:
    """Return what knows this process's user as AWS does, so that no home directory is read."""

    def getpwuid(uid: int) -> pwd.struct_passwd:
        if uid != os.getuid():
            return find(uid)
        entry = (_USER, "x", uid, os.getgid(), "", _HOME, "/sbin/nologin")
        return pwd.struct_passwd(entry)

    return getpwuid
