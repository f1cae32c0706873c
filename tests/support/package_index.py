"""Small packages in the place of AWS's SDK, and the indexes that pip and npm get them from."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import tarfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote

SDK = {
    "boto3": "import botocore\n__version__ = '1.99.0'\n",
    "botocore": "__version__ = '1.99.1'\n",
    "six": "",
    "simplejson": "",
}
"""The sources of a small boto3 and of what it requires, and of what else AWS's runtime has."""


def write_wheels(folder: Path) -> Path:
    """Write wheels of ``SDK``, of which the first requires the others; return the folder."""
    first, *others = SDK
    for name, source in SDK.items():
        module = f"{name}.py" if name == "six" else f"{name}/__init__.py"
        requires = others if name == first else []
        write_wheel(folder, name, {module: source}, version="1.99.0", requires=requires)
    return folder


def write_wheel(
    folder: Path,
    name: str,
    sources: Mapping[str, str],
    *,
    version: str = "1.0",
    requires: Iterable[str] = (),
) -> None:
    """Write a wheel of a package with these files, which requires others, into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    needed = "".join(f"Requires-Dist: {other}\n" for other in requires)
    information = f"{name}-{version}.dist-info"
    files = {
        **sources,
        f"{information}/METADATA": (
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needed}"
        ),
        f"{information}/WHEEL": (
            "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        ),
    }
    record = "".join(_record(path, text) for path, text in files.items())
    files[f"{information}/RECORD"] = f"{record}{information}/RECORD,,\n"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)


def _record(path: str, text: str) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=")
    return f"{path},sha256={digest.decode()},{len(text)}\n"


@contextmanager
def npm_registry(packages: Mapping[str, str]) -> Iterator[str]:
    """Serve packages of Node.js, by name with their sources; yield the registry's address."""

    class Registry(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name, _, tarball = unquote(self.path[1:]).partition("/-/")
            if name not in packages:
                self.send_error(404)
                return
            archive = _archive(name, packages[name])
            address = f"http://{self.headers['Host']}/{name}/-/package.tgz"
            self.send_response(200)
            self.end_headers()
            self.wfile.write(archive if tarball else _document(name, archive, address))

        def log_message(self, *_arguments: object) -> None:
            """Write nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Registry) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def _archive(name: str, source: str) -> bytes:
    package = json.dumps({"name": name, "version": "3.99.0", "main": "index.js"})
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        for path, text in {"package.json": package, "index.js": source}.items():
            entry = tarfile.TarInfo(f"package/{path}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    return gzip.compress(content.getvalue(), mtime=0)


def _document(name: str, archive: bytes, address: str) -> bytes:
    distribution = {"tarball": address, "shasum": hashlib.sha1(archive).hexdigest()}
    version = {"name": name, "version": "3.99.0", "main": "index.js", "dist": distribution}
    document = {"name": name, "dist-tags": {"latest": "3.99.0"}, "versions": {"3.99.0": version}}
    return json.dumps(document).encode()
