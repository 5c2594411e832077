# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""S3 servers on this machine, and something between them and us that does harm."""

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

#: What the servers take; the same is put into the environment of each test.
ID, SECRET = "onrecord-test-id", "onrecord-test-secret"

#: (number of the request, method, path with its query) -> what is done to it, "" for nothing.
Harm = Callable[[int, str, str], str]


@contextmanager
def moto(folder: Path) -> Iterator[str]:
    """A server that does as it is asked; gives its address."""
    port = _free_port()
    with _running(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], folder, port
    ) as at:
        yield at


@contextmanager
def rclone(folder: Path) -> Iterator[str]:
    """A server that overwrites what it was asked not to, and answers 200 to a range. Folders are its buckets."""
    port = _free_port()
    program = Path(sys.executable).with_name("rclone")
    line = [str(program), "--config", "", "serve", "s3", "--addr", f"127.0.0.1:{port}"]
    with _running([*line, "--auth-key", f"{ID},{SECRET}", str(folder)], folder, port) as at:
        yield at


def make_bucket(endpoint: str, name: str) -> None:
    _client(endpoint).create_bucket(Bucket=name)


def stored(endpoint: str, bucket: str) -> dict[str, bytes]:
    """Every object of a bucket, by its key: what another client finds there, not what we believe."""
    client = _client(endpoint)
    keys = [each["Key"] for each in client.list_objects_v2(Bucket=bucket).get("Contents", ())]
    return {key: client.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}


def put(endpoint: str, bucket: str, key: str, content: bytes) -> None:
    """Behind our back."""
    _client(endpoint).put_object(Bucket=bucket, Key=key, Body=content)


def remove(endpoint: str, bucket: str, key: str) -> None:
    """Behind our back."""
    _client(endpoint).delete_object(Bucket=bucket, Key=key)


def let_everybody_read(endpoint: str, bucket: str) -> None:
    """As the keeper of a public bucket does: each object, and no list."""
    read = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    policy = {"Version": "2012-10-17", "Statement": [read]}
    _client(endpoint).put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))


def uploads(endpoint: str, bucket: str) -> list[str]:
    """Keys of unfinished uploads."""
    return [
        each["Key"] for each in _client(endpoint).list_multipart_uploads(Bucket=bucket).get("Uploads", ())
    ]


@contextmanager
def harming(endpoint: str, harm: Harm) -> Iterator[str]:
    """A server before the server. `harm` says of each request: "500"; "403" as to whom a bucket hides what it lacks;
    "cut" the connection before it is passed on; "lose" the answer; "half" the body of the answer; "lie": overwrite what
    was asked not to be; "empty" for a list that does not know yet; "change" a byte of what is passed on.
    """
    at = endpoint.removeprefix("http://")
    count = iter(range(1_000_000))

    class Between(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass(self) -> None:
            done = harm(next(count), self.command, self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if done == "500":
                return self._answer(500, [], b"<Error><Code>InternalError</Code></Error>")
            if done == "403":
                return self._answer(403, [], b"<Error><Code>AccessDenied</Code></Error>")
            if done == "cut":
                return self._end()
            if done == "change" and body:
                body = bytes([body[0] ^ 1]) + body[1:]
            connection = http.client.HTTPConnection(at, timeout=30)
            headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
            if done == "lie":
                headers = {name: value for name, value in headers.items() if name.lower() != "if-none-match"}
            connection.request(self.command, self.path, body or None, headers)
            answer = connection.getresponse()
            content = answer.read()
            connection.close()
            if done == "lose":
                return self._end()
            if done == "empty":
                content = re.sub(rb"<(Contents|Upload)>.*</\1>", b"", content, flags=re.DOTALL)
            return self._answer(answer.status, answer.getheaders(), content, half=done == "half")

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _pass

        def _answer(
            self, status: int, headers: Sequence[tuple[str, str]], content: bytes, *, half: bool = False
        ) -> None:
            self.send_response_only(status)
            for name, value in headers:
                if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                    self.send_header(name, value)
            said = {name.lower(): value for name, value in headers}
            length = said.get("content-length", "0") if self.command == "HEAD" else str(len(content))
            self.send_header("Content-Length", length)
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if half else content)
            if half:
                self._end()

        def _end(self) -> None:
            self.close_connection = True
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)

        def log_message(self, *_: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            pass

    server = Quiet(("127.0.0.1", 0), Between)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def _running(line: Sequence[str], folder: Path, port: int) -> Iterator[str]:
    with (folder.parent / f"{folder.name}.log").open("wb") as log:
        environ = {**os.environ, "AWS_ACCESS_KEY_ID": ID, "AWS_SECRET_ACCESS_KEY": SECRET}
        process = subprocess.Popen(line, stdout=log, stderr=log, env=environ)
    try:
        until = time.monotonic() + 60
        while not _answers(port):
            assert process.poll() is None and time.monotonic() < until, Path(log.name).read_text()
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def _answers(port: int) -> bool:
    try:
        _got(f"http://127.0.0.1:{port}/")
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


@lru_cache
def _client(endpoint: str) -> Any:
    import boto3

    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=ID,
        aws_secret_access_key=SECRET,
    )


def _got(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=30) as answer:
        return bytes(answer.read())


def _free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])
