import subprocess
import sys

import pytest

from construction import __main__ as command
from construction.errors import CacheError, ConditionError, DataError
from construction.experiments import kept
from construction.experiments import run as experiments
from construction.experiments.kept import record_path
from construction.experiments.table import EXPERIMENTS

from ..runs import blocked, name_a_run


@pytest.fixture
def tiny(monkeypatch, tmp_path):
    """A named run that takes a moment, with an empty cache."""
    small = {"points": 5, "checks": 5, "profiles": ("even",), "detour_seed": None}
    return name_a_run(monkeypatch, tmp_path, **small)


def test_a_run_computes_a_record_and_says_so_on_standard_output(tiny, capsys):
    assert command.main(["run", "tiny"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("tiny: Few digits; about 1 s on two cores\n")
    assert out.endswith(f"{record_path('tiny')}\n")
    assert err == ""
    assert record_path("tiny").exists()


def test_a_second_run_reads_the_record_and_fresh_computes_again(tiny, capsys):
    for arguments, first in (
        (["run", "tiny"], "tiny: Few digits"),
        (["run", "tiny"], "tiny: from"),
        (["run", "tiny", "--fresh"], "tiny: Few digits"),
    ):
        assert command.main(arguments) == 0
        assert capsys.readouterr().out.startswith(first)


def test_the_list_names_every_run_with_its_title_and_time(tiny, capsys):
    assert command.main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(EXPERIMENTS)
    for line, experiment in zip(lines, EXPERIMENTS.values(), strict=True):
        assert f"  {experiment.title}  (takes {experiment.takes}; " in line


def test_the_list_tells_which_run_is_computed_and_which_is_shipped(
    tiny, capsys, monkeypatch, tmp_path
):
    monkeypatch.setattr(kept, "SHIPPED", tmp_path / "shipped")
    command.main(["run", "tiny"])
    assert listed(capsys)["tiny"].endswith(
        f"(takes 1 s; on mnist-5k; computed: {record_path('tiny')})"
    )
    (tmp_path / "shipped").mkdir()
    record_path("tiny").rename(tmp_path / "shipped" / "tiny.npz")
    lines = listed(capsys)
    assert lines["tiny"].endswith(f"; shipped: {tmp_path / 'shipped' / 'tiny.npz'})")
    assert lines["digits-mlp"].endswith("(takes 30 s; on mnist-5k; not computed)")


def listed(capsys) -> dict[str, str]:
    """The lines of the list, by name."""
    capsys.readouterr()
    command.main(["list"])
    return {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}


def test_an_unknown_run_ends_with_1_and_the_names(tiny, capsys):
    assert command.main(["run", "tyni"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("construction: Expected the name of a run among 'mnist-mlp', ")
    assert err.endswith("'tiny'; found 'tyni'. Use one of these.\n")


@pytest.mark.parametrize("options", [[], ["--fresh"]], ids=["cached", "fresh"])
def test_a_cache_that_cannot_be_written_ends_with_1_and_a_remedy(
    tiny, capsys, monkeypatch, tmp_path, options
):
    cache = blocked(tmp_path)
    monkeypatch.setenv("CONSTRUCTION_CACHE", str(cache))
    assert command.main(["run", "tiny", *options]) == 1
    err = capsys.readouterr().err
    assert err.startswith(f"construction: Expected to write in the folder {cache}")
    assert err.endswith("name another folder in the environment variable CONSTRUCTION_CACHE.\n")
    assert err.count("\n") == 1


def test_the_device_the_part_and_whether_to_compute_again_are_passed_on(monkeypatch):
    calls = []
    monkeypatch.setattr(experiments, "run", lambda name, **options: calls.append((name, options)))
    assert command.main(["run", "mnist-mlp"]) == 0
    assert command.main(["run", "mnist-mlp", "--fresh", "--device", "cuda:1"]) == 0
    assert command.main(["run", "sweep", "--part", "3/16"]) == 0
    assert calls == [
        ("mnist-mlp", {"fresh": False, "device": "cpu", "part": None}),
        ("mnist-mlp", {"fresh": True, "device": "cuda:1", "part": None}),
        ("sweep", {"fresh": False, "device": "cpu", "part": (3, 16)}),
    ]


def raising(error: BaseException):
    def run(name, fresh, device, part):
        raise error

    return run


@pytest.mark.parametrize("kind", [DataError, CacheError])
def test_every_error_of_the_package_is_one_line_of_reason(capsys, monkeypatch, kind):
    monkeypatch.setattr(experiments, "run", raising(kind("one", "two", "Three.")))
    assert command.main(["run", "mnist-mlp"]) == 1
    assert capsys.readouterr().err == "construction: Expected one; found two. Three.\n"


def test_a_condition_that_fails_ends_with_3(capsys, monkeypatch):
    error = ConditionError("one", "two", "Three.", condition="condition 1", lam=0.5, margin=-1.0)
    monkeypatch.setattr(experiments, "run", raising(error))
    assert command.main(["run", "mnist-mlp"]) == 3
    assert capsys.readouterr().err == "construction: Expected one; found two. Three.\n"


def test_an_interruption_ends_with_130_and_what_to_do(capsys, monkeypatch):
    monkeypatch.setattr(experiments, "run", raising(KeyboardInterrupt()))
    assert command.main(["run", "mnist-mlp"]) == 130
    assert capsys.readouterr().err == (
        "construction: interrupted. What was finished is kept; the same command, without "
        "--fresh, goes on.\n"
    )


def test_other_errors_are_not_hidden(monkeypatch):
    monkeypatch.setattr(experiments, "run", raising(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        command.main(["run", "mnist-mlp"])


@pytest.mark.parametrize("arguments", [[], ["run"], ["walk"], ["run", "tiny", "--slow"]], ids=repr)
def test_a_command_that_is_none_ends_with_2_and_the_usage(capsys, arguments):
    with pytest.raises(SystemExit) as caught:
        command.main(arguments)
    assert caught.value.code == 2
    assert capsys.readouterr().err.startswith("usage: python -m construction")


def test_the_package_runs_as_a_command(tmp_path):
    arguments = [sys.executable, "-m", "construction", "--help"]
    finished = subprocess.run(arguments, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (finished.returncode, finished.stderr) == (0, "")
    assert finished.stdout.startswith("usage: python -m construction")
    for name in ("solve", "certify", "plot", "list", "run", "exit codes:"):
        assert name in finished.stdout


def test_every_command_has_help_with_the_exit_codes_and_needs_no_torch_for_it():
    code = (
        "import sys\nfrom construction.__main__ import main\n"
        "for name in ('solve', 'certify', 'plot', 'list', 'run'):\n"
        "    try:\n        main([name, '--help'])\n"
        "    except SystemExit as left:\n        assert left.code == 0\n"
        "assert 'torch' not in sys.modules\n"
    )
    arguments = [sys.executable, "-c", code]
    finished = subprocess.run(arguments, capture_output=True, text=True, check=True)
    assert finished.stdout.count("exit codes:\n  0    done\n") == 5
    assert finished.stdout.count("\nexample:\n  python -m construction ") == 5
