"""What is kept of a run, and that no path of a machine is."""

from xvat_tf.reproduction import collection
from xvat_tf.reproduction.runs import Places, plan, read_state


def collect(run, places):
    kept = collection.collect(run, read_state(run), places.results)
    path = collection.place(places.results, run.kind)
    return kept, path / run.folder.path.name


def test_small_files_without_paths(make_run, places, read_json, tmp_path):
    with_data = Places(
        places.runs, places.results, places.flags, str(tmp_path / "data")
    )
    make_run(1, 0.5, 0.75, status="finished", checkpoint=500)
    run = plan("digits_mle", 1, with_data)
    kept, path = collect(run, places)
    assert kept
    assert {file.name for file in path.iterdir()} == {
        "settings.json",
        "metrics.jsonl",
        "results.json",
    }
    for file in path.iterdir():
        assert str(tmp_path) not in file.read_text()
    settings = read_json(path / "settings.json")["settings"]
    assert settings["log_dir"] == settings["data_dir"] == ""
    assert settings["dataset"] == "digits"
    original = read_json(run.folder.results_file)
    results = read_json(path / "results.json")
    assert len(results.pop("checksum")) == 64
    assert results == original


def test_killed_runs_are_interrupted(make_run, places, read_json):
    run = make_run(1, 0.5, 0.75, checkpoint=120)
    _, path = collect(run, places)
    results = read_json(path / "results.json")
    assert (results["status"], results["steps"]) == ("interrupted", 120)
    assert results["final_accuracy"] == 0.75


def test_failed_and_diverged_runs_say_so(make_run, places, read_json):
    diverged = make_run(1, 0.5, status="diverged")
    failed = make_run(2, 0.5)
    failed.log_file.write_text("error: /some/place is full.\n")
    for run, status in ((diverged, "diverged"), (failed, "failed")):
        _, path = collect(run, places)
        assert read_json(path / "results.json")["status"] == status
        assert "/some" not in (path / "results.json").read_text()


def test_nothing_of_runs_that_have_not_begun_or_are_others(make_run, places):
    assert not collect(make_run(1), places)[0]
    make_run(2, 0.5, status="finished")
    with open(places.flags / "digits_mle.flags", "a") as file:
        file.write("--seed=5\n--learning_rate=0.5\n")
    assert not collect(make_run(2), places)[0]
    assert not places.results.exists()


def test_a_finished_run_stays(make_run, places, read_json, tmp_path):
    finished = make_run(1, 0.9, status="finished")
    collect(finished, places)
    elsewhere = Places(tmp_path / "other", places.results, places.flags)
    (tmp_path / "runs").rename(tmp_path / "away")
    begun = make_run(1, 0.1)
    kept, path = collect(begun, elsewhere)
    assert not kept
    assert read_json(path / "results.json")["final_accuracy"] == 0.9
