"""The comparison: one line for every mistake, and it sees what is broken."""

import importlib
import shutil
from unittest import mock

import pytest

from tests.stand_in_programs import write_official

_SIDE = 12
_DIVERGENCE = "xvat_tf.perturbations.divergences"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A program of our own under the official names."""
    return write_official(tmp_path_factory.mktemp("checkout"))


@pytest.fixture(scope="module")
def settings():
    from xvat_tf.settings import resolve

    return resolve(
        {
            "dataset": "svhn",
            "method": "vat",
            "dtype": "float64",
            "xi": 0.1,
            "batch_size": 2,
            "ul_batch_size": 2,
            "keep_prob_hidden": 0.5,
            "width": 0.125,
        }
    )


@pytest.fixture
def compare(checkout, settings, tmp_path, float64, leave_to_full):
    """Compares with the stand-in; its child: `benchmarking/peers_test.py`."""
    from xvat_tf.reference.vat_tf import comparison

    leave_to_full(True)
    scratch = tmp_path / "scratch"
    scratch.mkdir()

    def run(program=checkout, steps=2):
        with mock.patch.object(comparison, "MOVED_RUNS", 1):
            shape = (_SIDE, _SIDE, 3)
            return comparison.compare(program, settings, steps, scratch, shape)

    return run


def outside(compared):
    """Lines of the table that have a quantity outside its bar."""
    rows, _ = compared
    return {row.group for row in rows if not row.inside}


def test_two_equal_programs_agree(compare):
    compared = compare()
    assert outside(compared) == set()
    assert list(map(len, compared[1].values())) == [2, 2]


def test_a_turned_training_loss_is_seen(compare):
    divergence = importlib.import_module(_DIVERGENCE)
    table = divergence._DIVERGENCES
    turned = table | {"kl_clean_perturbed": table["kl_perturbed_clean"]}
    with mock.patch.object(divergence, "_DIVERGENCES", turned):
        found = outside(compare())
    assert {"VAT loss", "total loss", "gradients"} <= found


def test_dropout_noise_that_passes_do_not_share_is_seen(compare):
    from xvat_tf.perturbations import TrainingPasses

    def traceless(self, images):
        logits, self._snapshot = self._classifier.stateless_call(
            self._classifier.trainable_variables,
            self._snapshot,
            images,
            training=True,
        )
        return logits

    with mock.patch.object(TrainingPasses, "traceless", traceless):
        found = outside(compare())
    assert {"r_vadv", "VAT loss", "total loss", "gradients"} <= found


def test_mistakes_take_one_line(commands, tmp_path, checkout):
    empty = tmp_path / "empty"
    empty.mkdir()
    lines = {
        "nowhere has no train_semisup.py": ("--vat_tf_dir=nowhere",),
        "has no Loss/L0Layer.py": (f"--xvat_dir={empty}",),
        "and not both": (f"--vat_tf_dir={empty}", f"--xvat_dir={empty}"),
        "pytest tests/golden": (),
        "does not go with": (f"--xvat_dir={empty}", "--xi=1"),
        "--python does not go with": ("--vat_tf_dir=x", "--python=x"),
        "--steps=0 must be": (f"--vat_tf_dir={checkout}", "--steps=0"),
        "choose one of baseline": (f"--vat_tf_dir={checkout}", "--method=at"),
        "must be at least 2": (f"--vat_tf_dir={checkout}", "--batch_size=1"),
        "--keep_prob_hidden": (
            f"--vat_tf_dir={checkout}",
            "--keep_prob_hidden=2",
        ),
        "json=no/a.json cannot": (f"--xvat_dir={empty}", "--json=no/a.json"),
    }
    for text, flags in lines.items():
        assert text in commands.refused("compare", *flags)


@pytest.mark.parametrize(
    ("file", "old", "new", "line"),
    [
        ("cnn", "c{i}_W", "k{i}_W", "its network differs in c1_W"),
        ("cnn", "seed=i", "seed=len(x.op.name)", "do not share dropout noise"),
        ("vat", "def forward", "def onward", "has no attribute 'forward'"),
        ("layers", "import tensorflow", "import tensorfow", "No module named"),
    ],
)
def test_another_version_takes_one_line(
    checkout, compare, tmp_path, file, old, new, line
):
    from xvat_tf.errors import UserError

    changed = shutil.copytree(checkout, tmp_path / "changed")
    path = changed / f"{file}.py"
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(UserError, match=line) as caught:
        compare(changed, steps=1)
    assert "\n" not in str(caught.value)
    assert "docs/notes/alignment.md" in str(caught.value)
