"""How the commands are called: paths, flagfiles, names, versions."""

import importlib
import os

import pytest

import xvat_tf
from tests.documentation.commands import command_line as command_line_of
from tests.source_tree import COMMANDS, PYPROJECT, ROOT
from xvat_tf import command_line
from xvat_tf.command_line import CommandLine, flagfiles
from xvat_tf.command_line.options import RUNS
from xvat_tf.errors import UserError

_VERSION = PYPROJECT["project"]["version"]
_PATHS = ("_dir", "_file", "_json", "flagfile")
_MORE_PATHS = {"golden", "json", "out", "python"}
_MORE_PATHS |= {"images", "runs", "sweep"}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_path_flag_knows_the_home_folder(command, monkeypatch):
    monkeypatch.setenv("HOME", "/home/someone")
    line, _ = command_line_of(f"xvat_tf.{command}")
    options = line._options
    paths = {n for n in options if n.endswith(_PATHS) or n in _MORE_PATHS}
    assert {name for name, option in options.items() if option.path} == (
        paths - {"flagfile"}
    )
    for name in sorted(paths - {"flagfile"}):
        given = line.parse([f"--{name}=~/a b"])[name]
        expected = "/home/someone/a b"
        assert given == ([expected] if options[name].kind is list else expected)


def test_several_paths_are_expanded_each(monkeypatch):
    monkeypatch.setenv("HOME", "/h")
    line, _ = command_line_of("xvat_tf.audit")
    given = line.parse(["--runs=~/a,b/~,~/c-*"])
    assert given["runs"] == ["/h/a", "b/~", "/h/c-*"]


@pytest.mark.parametrize("flag", ["-h", "--help", "--version"])
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_what_it_is(command, flag, capsys):
    module = importlib.import_module(f"xvat_tf.{command}")
    with pytest.raises(SystemExit) as ended:
        module.main([flag])
    assert ended.value.code == 0
    out = capsys.readouterr().out
    if flag == "--version":
        assert out == f"xvat_tf {_VERSION}\n"
    else:
        assert out.startswith(f"usage: python -m xvat_tf.{command} ")


def test_the_version_of_a_clone_is_that_of_its_project_file():
    assert xvat_tf.__version__ == _VERSION


def test_a_copy_that_is_not_installed_has_no_version(monkeypatch):
    from xvat_tf import version

    monkeypatch.setattr(version, "__file__", "/nowhere/xvat_tf/version.py")
    monkeypatch.setattr(version, "_NAME", "no such distribution")
    assert version._read() == "unknown"


@pytest.mark.parametrize(
    "name", ["xvat-train", "/bin/xvat-train", "xvat-train.exe"]
)
def test_installed_commands_call_themselves_by_their_names(monkeypatch, name):
    monkeypatch.setattr("sys.argv", [name])
    text = "run python -m xvat_tf.train, or `python -m xvat_tf.figures --runs`"
    said = command_line.as_called(text)
    assert said == "run xvat-train, or `xvat-figures --runs`"


def test_modules_call_themselves_as_they_were_called(monkeypatch):
    monkeypatch.setattr("sys.argv", ["/a/xvat_tf/train.py"])
    assert command_line.as_called("python -m xvat_tf.train") == (
        "python -m xvat_tf.train"
    )


@pytest.mark.parametrize(
    "text",
    [
        "--dataset=digits\n--eta=2\n",
        "# a comment\n--dataset=digits\n--eta=2\n",
        "// a comment\r\n--dataset=digits\r\n--eta=2\r\n",
        "\n--dataset=digits\n--eta=2\n",
        "--flagfile={folder}/inner.flags\n--eta=2\n",
    ],
)
def test_a_flagfile_may_begin_with_a_byte_order_mark(tmp_path, text):
    inner = tmp_path / "inner.flags"
    inner.write_text("--dataset=digits\n", encoding="utf-8-sig")
    outer = tmp_path / "outer.flags"
    outer.write_text(text.format(folder=tmp_path), encoding="utf-8-sig")
    line = command_line.CommandLine("")
    given = line.parse([f"--flagfile={outer}", "--seed=3"])
    assert given == {"dataset": "digits", "eta": 2.0, "seed": 3}


@pytest.mark.parametrize("name", ["mnist_xvat", "mnist_xvat.flags"])
def test_flagfiles_of_the_project_are_known_anywhere(
    name, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    line = CommandLine("")
    path = ROOT / "flags/mnist_xvat.flags"
    expected = line.parse([f"--flagfile={path}", "--eta=2"])
    (tmp_path / "mine").write_text(f"--flagfile=flags:{name}\n--eta=2\n")
    for words in (["--flagfile=mine"], ["--flagfile", "mine"]):
        assert CommandLine("").parse(words) == expected


def test_a_wheel_holds_the_flagfiles(tmp_path, monkeypatch):
    (tmp_path / "flags").mkdir()
    (tmp_path / "flags/mine.flags").write_text("--eta=3\n")
    monkeypatch.setattr(flagfiles, "_PACKAGE", tmp_path)
    assert flagfiles.expand(["--flagfile=flags:mine"]) == ["--eta=3"]


@pytest.mark.parametrize(
    "value, parts",
    [
        ("flags:mnist_xvta", ["flags:mnist_xvat", "flags:mnist_vat"]),
        ("flags:", ["flags:cifar100_"]),
        ("flags/mnist_xvat.flags", ["write --flagfile=flags:mnist_xvat."]),
        ("mnist_xvat", ["give a text file"]),
        ("", ["--flagfile= cannot be read"]),
    ],
)
def test_what_is_no_flagfile_is_told(value, parts, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError) as error:
        flagfiles.expand([f"--flagfile={value}"])
    assert all(part in str(error.value) for part in parts)


@pytest.mark.parametrize(
    "value, paths",
    [
        ("a,b", ["a,b"]),
        ("a,c", ["a", "c"]),
        ('"a,b",c', ["a,b", "c"]),
        ("~", [os.path.expanduser("~")]),
    ],
)
def test_a_path_may_have_a_comma(value, paths, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a,b").mkdir()
    own = {"own": {"runs": RUNS}}
    line = CommandLine("", own, settings=False)
    assert line.parse([f"--runs={value}"]) == {"runs": paths}


def test_a_flagfile_that_names_itself_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a").write_text("--flagfile=b\n")
    (tmp_path / "b").write_text("--flagfile=a\n")
    with pytest.raises(UserError, match="a names itself: .* from b"):
        flagfiles.expand(["--flagfile=a"])


def test_a_flagfile_without_an_end_is_refused(tmp_path):
    """By the user, or inside a file of somebody else."""
    os.mkfifo(tmp_path / "pipe")
    for path in ("/dev/zero", tmp_path / "pipe", tmp_path / "none"):
        outer = tmp_path / "outer.flags"
        outer.write_text(f"--flagfile={path}\n")
        with pytest.raises(UserError, match=f"--flagfile={path} cannot be r"):
            CommandLine("").parse([f"--flagfile={outer}"])
    with pytest.raises(UserError, match=r"zero cannot be read \(File too lar"):
        CommandLine("").parse(["--flagfile", "/dev/zero"])
