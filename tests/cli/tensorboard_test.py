"""The real TensorBoard server shows all that docs/tensorboard.md promises."""

import io
import json
import pathlib
import re
import urllib.parse
import urllib.request

import pytest
from PIL import Image
from tensorboard import program

from tests import event_files

# Past a proxy that the machine may have.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_PAGE = pathlib.Path(__file__).parents[2] / "docs/tensorboard.md"
_PROMISED = {
    "Scalars": event_files.SCALARS,
    "Images": event_files.IMAGES,
    "Histograms": event_files.HISTOGRAMS,
    "Text": event_files.TEXTS,
}
# Between them they write every tag there is.
_SHORT = (
    "--dataset=digits",
    "--num_epochs=2",
    "--num_iter_per_epoch=5",
    "--eval_freq=1",
    "--panel_freq=1",
)
_RUNS = {
    "masks": ("--method=xvat", "--lambda_smooth=1", "--hidden_sizes=8"),
    "additive": (
        "--method=vatent",
        "--hidden_sizes=8,8",
        "--ema_decay=0.9",
    ),
}


@pytest.mark.parametrize("kind", _PROMISED)
def test_the_page_names_every_tag(kind):
    (text,) = re.findall(
        rf"^- {kind}: (.*?)(?=^- |^$)", _PAGE.read_text(), re.M | re.S
    )
    names = re.findall(r"`([a-z_0-9]+(?:/[a-z_0-9]+)?)`", text)
    assert sorted(names) == sorted(_PROMISED[kind])


class Server:
    """A TensorBoard that has read a folder, and its HTTP interface."""

    def __init__(self, folder):
        server = program.TensorBoard()
        server.configure(
            logdir=str(folder),
            host="127.0.0.1",
            port=0,  # Any that is free.
            load_fast="false",
            reload_interval=0,
            reload_task="blocking",
        )
        self._address = server.launch()

    def get(self, path, content=None, **query):
        """Bytes of `data/plugin/<path>`; sends `content` as JSON if given."""
        request = urllib.request.Request(
            f"{self._address}data/plugin/{path}",
            content and json.dumps(content).encode(),
            {"Content-Type": "application/json"},
        )
        if query:
            request.full_url += "?" + urllib.parse.urlencode(query)
        with _DIRECT.open(request, timeout=30) as answer:
            return answer.read()

    def json(self, path, content=None, **query):
        return json.loads(self.get(path, content, **query))


@pytest.fixture(scope="module")
def server(commands_in, tmp_path_factory):
    commands = commands_in(tmp_path_factory.mktemp("viewed"))
    for name, flags in _RUNS.items():
        commands.called("train", *_SHORT, *flags, f"--log_dir={name}")
    return Server(commands.folder)


def union(by_run):
    return {tag for tags_of_run in by_run.values() for tag in tags_of_run}


@pytest.mark.parametrize("kind", ["scalars", "images", "histograms", "text"])
def test_every_promised_tag_is_there(server, kind):
    promised = _PROMISED["Text" if kind == "text" else kind.capitalize()]
    assert union(server.json(f"{kind}/tags")) == set(promised)


def test_every_image_decodes(server):
    for run, tags_of_run in server.json("images/tags").items():
        for tag in tags_of_run:
            entries = server.json("images/images", run=run, tag=tag, sample=0)
            first = 0 if run.endswith("train") else 5
            steps = [entry["step"] for entry in entries]
            assert steps == list(range(first, 11, 5)), tag
            png = server.get(f"images/individualImage?{entries[-1]['query']}")
            image = Image.open(io.BytesIO(png))
            assert image.format == "PNG"
            assert image.width == 350
            assert len(set(image.convert("RGB").getdata())) > 2, tag


def test_histograms_and_scalars_have_points(server):
    for kind, path in (
        ("histograms", "histograms/histograms"),
        ("scalars", "scalars/scalars"),
    ):
        for run, tags_of_run in server.json(f"{kind}/tags").items():
            for tag in tags_of_run:
                points = server.json(path, run=run, tag=tag)
                assert points[-1][1] == 10, (run, tag)


def test_settings_can_be_read(server):
    (point,) = server.json("text/text", run="masks/train", tag="settings")
    assert "<table>" in point["text"] and "lambda_smooth" in point["text"]


def test_runs_compare_by_hparams(server):
    asked = {"experimentName": "", "colParams": [], "sliceSize": 10}
    experiment = server.json("hparams/experiment", {"experimentName": ""})
    names = [info["name"] for info in experiment["hparamInfos"]]
    assert names[0] == "method"  # The only one that differs.
    metrics = [info["name"]["tag"] for info in experiment["metricInfos"]]
    assert "accuracy/top1" in metrics
    asked |= {
        "allowedStatuses": ["STATUS_SUCCESS"],
        "colParams": [{"metric": {"tag": "accuracy/top1", "group": ""}}],
        "startIndex": 0,
    }
    groups = server.json("hparams/session_groups", asked)["sessionGroups"]
    by_method = {group["hparams"]["method"]: group for group in groups}
    assert set(by_method) == {"xvat", "vatent"}
    for run, method in (("masks", "xvat"), ("additive", "vatent")):
        assert by_method[method]["name"] == run
        accuracies = server.json(
            "scalars/scalars", run=f"{run}/test", tag="accuracy/top1"
        )
        values = {
            value["name"]["tag"]: value["value"]
            for value in by_method[method]["metricValues"]
        }
        assert values["accuracy/top1"] == pytest.approx(accuracies[-1][2])
