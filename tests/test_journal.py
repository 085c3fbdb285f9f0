"""The journal: what is written in it is found again, whatever happened to its end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from channelnb.fleet import digests, journal
from channelnb.fleet.journal import Journal, Record

RECORD = Record(
    job="qbr internal P1",
    notebook="qbr",
    partner_id="P1",
    edition="internal",
    status="made",
    into="a",
    recipe="b",
    snapshot="c",
    seconds=1.5,
    finished_at="2026-10-05T08:00:00+00:00",
    out={"page.html": digests.of_bytes(b"whole")},
)
OTHER = replace(RECORD, job="qbr internal Ü|\n", partner_id="Ü|\n", status="failed", out={}, reason="no\nluck")


@pytest.fixture
def folder(tmp_path):
    with Journal(tmp_path) as opened:
        opened.append(RECORD)
        opened.append(OTHER)
    return tmp_path


def test_records_are_read_as_they_were_written(folder):
    assert journal.read(folder) == {RECORD.job: RECORD, OTHER.job: OTHER}
    assert (folder / journal.FILE).read_bytes().count(b"\n") == 2


def test_the_last_record_of_a_job_counts(folder):
    later = replace(RECORD, into="z")
    with Journal(folder) as opened:
        opened.append(later)
        assert opened.records[RECORD.job] == later
    assert journal.read(folder)[RECORD.job] == later


@pytest.mark.parametrize("torn", [1, 30, 200])
def test_a_torn_last_line_is_forgotten_and_the_next_record_is_whole(folder, torn):
    path = folder / journal.FILE
    content = path.read_bytes()
    path.write_bytes(content[:-torn])
    assert list(journal.read(folder)) == [RECORD.job]
    with Journal(folder) as opened:
        opened.append(OTHER)
    assert path.read_bytes() == content


@pytest.mark.parametrize("line", [b"\xff\xfe", b"[]", b"null", b'{"schema": 99, "job": "x"}', b'{"schema": 1}', b""])
def test_lines_of_another_kind_are_passed_over(folder, line):
    path = folder / journal.FILE
    path.write_bytes(line + b"\n" + path.read_bytes())
    assert set(journal.read(folder)) == {RECORD.job, OTHER.job}


def test_a_run_without_a_journal_has_no_records(tmp_path):
    assert journal.read(tmp_path) == {}


@pytest.mark.parametrize("content, stands", [(b"whole", True), (b"whol", False), (None, False)])
def test_a_record_stands_while_its_files_are_as_they_were(folder, content, stands):
    if content is not None:
        (folder / "page.html").write_bytes(content)
    assert RECORD.stands(folder) is stands


def test_a_failure_never_stands(folder):
    assert not OTHER.stands(folder)
