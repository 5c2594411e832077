# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sound that lies in a bucket: streamed in parts by way of the page, or by a signed address, once the gate said yes."""

import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from onrecord.archive import Archive
from onrecord.archive.moving import Rule, move
from onrecord.archive.reading import open_reader
from onrecord.model.rights import Use
from onrecord.store import Kept
from onrecord.web.app import create_app
from onrecord.web.site import site_of
from tests import s3
from tests.archive.test_moving import with_bucket
from tests.conftest import DAY


@pytest.fixture
def far(filled: Archive, s3_server: str, s3_bucket: str) -> Iterator[Archive]:
    """The archive, with all that it holds in a bucket."""
    with_bucket(filled.folder, s3_server, s3_bucket)
    with Archive.open(filled.folder, lambda: DAY) as archive:
        move(archive, archive.store.roots[1].id, Rule())
        yield archive


def client(archive: Archive) -> TestClient:
    return TestClient(create_app(open_reader(archive.folder), site=site_of(archive.folder)))


def sounds(archive: Archive, *, allowed: bool) -> list[str]:
    reader = open_reader(archive.folder)
    rows = [row.sha256 for row in archive.ledger.blobs() if row.kind == "sound"]
    return [sha256 for sha256 in rows if reader.may(sha256, Use.STREAM).allow == allowed]


def test_parts_go_straight_through(far: Archive, s3_server: str, s3_bucket: str) -> None:
    sha256 = sounds(far, allowed=True)[0]
    whole = s3.stored(s3_server, s3_bucket)[f"kept/{sha256[:2]}/{sha256[2:4]}/{sha256}"]
    page = client(far)
    answer = page.get(f"/sound/{sha256}")
    assert (answer.status_code, answer.content) == (200, whole)
    assert page.head(f"/sound/{sha256}").headers["content-length"] == str(len(whole))
    part = page.get(f"/sound/{sha256}", headers={"Range": "bytes=10-99"})
    assert (part.status_code, part.content) == (206, whole[10:100])
    assert part.headers["content-range"] == f"bytes 10-99/{len(whole)}"
    parts = page.get(f"/sound/{sha256}", headers={"Range": "bytes=0-1,50-59"})
    assert parts.status_code == 206 and whole[50:60] in parts.content
    assert not list(far.folder.glob("cache/*/held/*/*")), "nothing of it was brought here"
    closed = sounds(far, allowed=False)[0]
    assert page.get(f"/sound/{closed}").status_code == 403
    s3.put(s3_server, s3_bucket, f"kept/{sha256[:2]}/{sha256[2:4]}/{sha256}", whole[:100])
    assert page.get(f"/sound/{sha256}").status_code == 503, (
        "never a short answer with the status of a whole one"
    )


def test_a_signed_address_is_given_only_after_a_yes(far: Archive, s3_server: str) -> None:
    settings = far.folder / "onrecord.toml"
    settings.write_text(f"{settings.read_text()}redirect = true\nredirect_seconds = 90\n")
    with Archive.open(far.folder) as archive:
        page = client(archive)
        sha256 = sounds(archive, allowed=True)[0]
        answer = page.get(f"/sound/{sha256}", follow_redirects=False)
        assert answer.status_code == 307 and "no-store" in answer.headers["cache-control"]
        address = answer.headers["location"]
        assert address.startswith(f"{s3_server}/") and "X-Amz-Expires=90&" in address
        assert s3.SECRET not in address
        with urllib.request.urlopen(address) as got:
            found = got.read()
            assert got.headers["Content-Type"].startswith("audio/")
        assert b"".join(_far(archive, sha256).read(0, len(found))) == found
        closed = sounds(archive, allowed=False)[0]
        assert page.get(f"/sound/{closed}", follow_redirects=False).status_code == 403
        assert f"media-src 'self' {s3_server};" in page.get("/").headers["content-security-policy"]


def _far(archive: Archive, sha256: str) -> Kept:
    row = archive.ledger.blob(sha256)
    assert row is not None
    kept = archive.store.kept(sha256, row.root, row.size)
    assert isinstance(kept, Kept)
    return kept


def test_a_signature_is_what_a_server_that_checks_expects(tmp_path: Path) -> None:
    """The other server looks at signatures, which the first does not."""
    from onrecord.store.bucket import make_bucket
    from onrecord.store.s3 import Place, S3Settings

    (tmp_path / "served" / "bucket").mkdir(parents=True)
    source = tmp_path / "sound"
    source.write_bytes(b"sound")
    import hashlib

    sha256 = hashlib.sha256(b"sound").hexdigest()
    with s3.rclone(tmp_path / "served") as endpoint:
        settings = S3Settings(endpoint=endpoint, redirect=True, patience=5)
        bucket = make_bucket(Place("bucket", "a b/c"), settings, tmp_path / "cache", 10**6)
        bucket.bring(source, sha256)
        address = bucket.address(sha256, "audio/flac", "name.flac")
        assert address is not None
        with urllib.request.urlopen(address) as got:
            assert got.read() == b"sound"
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(address.replace("name.flac", "other.flac"))
