"""What several workers need, and how scopes are shared out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mock_tingwu.cli.serve import _workers
from mock_tingwu.settings import Settings, SettingsError
from mock_tingwu.workers.conditions import check
from mock_tingwu.workers.share import Board, Share
from mock_tingwu.workers.supervisor import Supervisor
from mock_tingwu.workers.together import labelled

STORE = "redis://127.0.0.1:1"


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, "needs --store: a Redis server that they share"),
        ({"store": STORE, "tls_port": 0}, "does not go with --tls or --tls-port: the keys"),
        ({"store": STORE, "fault_coverage": "on"}, "does not go with --fault-coverage: each"),
    ],
)
def test_what_does_not_go_with_several_workers_is_refused(
    tmp_path: Path, given: dict[str, Any], why: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        check(Settings.of({"data_dir": tmp_path, **given}), 2)
    assert str(refused.value).startswith(f"--workers is 2, which {why}")


@pytest.mark.parametrize("given", ["0", "-1", "x", "65", "1.5", ""])
def test_a_number_that_makes_no_sense_is_refused(given: str) -> None:
    with pytest.raises(SettingsError, match=f"^--workers is {given}, expected a whole number"):
        _workers(given)


def test_nobody_at_the_store_is_said_in_one_sentence(tmp_path: Path) -> None:
    supervisor = Supervisor(Settings.of({"port": 0, "data_dir": tmp_path, "store": STORE}), 2)
    with pytest.raises(SettingsError, match=r"^--store is 'redis://127.0.0.1:1/0', which cannot"):
        supervisor.listen()
    supervisor.close()


def test_one_more_worker_takes_its_scopes_from_the_others() -> None:
    names = [f"scope-{number}" for number in range(1_000)]
    for count in range(1, 5):
        now, then = (Share(0, workers, Board(workers)) for workers in (count, count + 1))
        moved = {then.owner(name) for name in names if now.owner(name) != then.owner(name)}
        assert moved == {count}, "only the new one gets any"
        shares = [sum(then.owner(name) == worker for name in names) for worker in range(count + 1)]
        assert min(shares) > 1_000 / (count + 1) / 2
        assert now.owner("default") == then.owner("default") == 0


def test_a_change_of_any_worker_is_seen() -> None:
    board = Board(3)
    seen = {board.state}
    for worker in (0, 1, 2, 2, 0):
        board.raise_number(worker)
        assert board.state not in seen
        seen.add(board.state)


def test_samples_say_which_worker_they_are_of() -> None:
    texts = ["# HELP a A.\n# TYPE a gauge\na 1\n", '# HELP a A.\n# TYPE a gauge\na{b="} {"} 2\n']
    assert labelled(texts) == (
        '# HELP a A.\n# TYPE a gauge\na{worker="0"} 1\na{worker="1",b="} {"} 2\n'
    )
