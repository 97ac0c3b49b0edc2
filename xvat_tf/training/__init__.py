"""Training: objectives, the joint train step, schedules, runs."""

from xvat_tf.training.building import build_trainer, prepare_data, restore
from xvat_tf.training.evaluation.checkpoint import evaluate_run
from xvat_tf.training.experiment import Outcome, run
from xvat_tf.training.objectives import make_objective
from xvat_tf.training.replicas.joining import join
from xvat_tf.training.trainer import Trainer
