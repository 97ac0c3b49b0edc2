"""What every command imports; the server of processes.py imports it first.

TensorFlow is imported but not used: its threads would not survive a fork.
"""

import gc
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras  # noqa: E402,F401
import sklearn.datasets  # noqa: E402,F401
import tensorboard.summary  # noqa: E402,F401
import tensorflow  # noqa: E402,F401
from pydantic import TypeAdapter, ValidationError  # noqa: E402,F401

from xvat_tf import (  # noqa: E402,F401
    audit,
    evaluate,
    export,
    figures,
    models,
    predict,
    report,
    reporting,
    reproduce,
    train,
    training,
)

gc.freeze()  # As `conftest.py` does, for all that fork from here.
