"""A data set of tensorflow-datasets before it is read: found and prepared.

tensorflow-datasets lets through whatever its many parts raise, down to
AssertionError and AttributeError; hence the wide nets here.
"""

import difflib
import pathlib
import re
import urllib.error
import urllib.request

from xvat_tf.datasets import TFDS
from xvat_tf.errors import UserError, reason

_PROBE_SECONDS = 10


def find_builder(name: str, folder: str):
    """Finds the builder of a data set, prepared in a folder or not.

    Raises:
        UserError: There is no such data set, or its files are damaged.
    """
    import tensorflow_datasets as tfds

    home = _home(name, folder)
    _require_files(home, name, folder)
    try:
        return tfds.builder(name, data_dir=folder)
    except Exception as error:
        if any(home.rglob("dataset_info.json")):
            raise damaged(name, folder, error) from error
        raise UserError(
            f"--dataset={TFDS}{name} is not a data set of tensorflow-datasets:"
            f" give a name from its catalog{_near(tfds, name)}, or prepare it"
            f" in --data_dir={folder}."
        ) from None


def _home(name, folder):
    """The folder of a data set, of its configuration and version if given."""
    return pathlib.Path(folder, *re.split("[:/]", name))


def _near(tfds, name):
    """Names that are like a wrong one."""
    known = tfds.list_builders(with_community_datasets=False)
    plain = re.split("[:/]", name.lower())[0]
    near = difflib.get_close_matches(plain, known)
    return f", such as {' or '.join(near)}" if near else ""


def _require_files(home, name, folder):
    """A pipe in the place of a file would be waited for without an end."""
    for path in home.rglob("*"):
        if path.exists() and not (path.is_file() or path.is_dir()):
            odd = OSError(f"{path.name} is not a regular file")
            raise damaged(name, folder, odd)


def find_keys(builder, name: str) -> tuple[str, str]:
    """Names of the image and of its class among the features.

    Raises:
        UserError: It is no set of image classification.
    """
    import tensorflow_datasets as tfds

    features, keys = builder.info.features, builder.info.supervised_keys
    kinds = (tfds.features.Image, tfds.features.ClassLabel)
    if not keys:  # Data sets of a user need not say.
        keys = [n for kind in kinds for n in features if _is(features, n, kind)]
    if len(keys) == len(kinds) and all(map(_is, [features] * 2, keys, kinds)):
        return tuple(keys)
    parts = ", ".join(f"{n} ({type(f).__name__})" for n, f in features.items())
    raise UserError(
        f"--dataset={TFDS}{name} is not made of images with one class each, but"
        f" of {parts:.300}: choose a data set of image classification."
    )


def _is(features, name, kind):
    return isinstance(name, str) and isinstance(features[name], kind)


def prepare(builder, name: str, folder: str) -> None:
    """Downloads and prepares a data set, unless that has been done.

    Raises:
        UserError: It cannot be had.
    """
    import tensorflow_datasets as tfds

    if builder.is_prepared():
        return
    try:
        # Without a network tensorflow-datasets tries for many minutes.
        _reach(next(iter(builder.url_infos)))
        builder.download_and_prepare(
            download_config=tfds.download.DownloadConfig(try_download_gcs=False)
        )
    except Exception as error:
        raise UserError(
            f"Data set {name} is not prepared in --data_dir={folder} and could"
            f" not be downloaded ({_reason(error)}): on a machine with a"
            f" network run {_remedy(name, folder)}, or give the folder that has"
            " it as --data_dir."
        ) from error


def _reach(url):
    """Raises an OSError soon if the server of `url` cannot be reached."""
    request = urllib.request.Request(url, method="HEAD")
    try:
        urllib.request.urlopen(request, timeout=_PROBE_SECONDS).close()
    except urllib.error.HTTPError as answer:
        answer.close()  # It answered, and that is all we ask.


def damaged(name: str, folder: str, error: Exception) -> UserError:
    """Makes the error to raise for files that cannot be read."""
    return UserError(
        f"Data set {name} in --data_dir={folder} is damaged"
        f" ({_reason(error)}): remove {_home(name, folder)} and run"
        f" {_remedy(name, folder)} on a machine with a network."
    )


def _remedy(name, folder):
    """The command; `tfds build` would want apache_beam as well."""
    return (
        '`python -c "import tensorflow_datasets as tfds;'
        f" tfds.builder('{name}', data_dir='{folder}')"
        '.download_and_prepare()"`'
    )


def _reason(error):
    return f"{type(error).__name__}: {reason(error)}"
