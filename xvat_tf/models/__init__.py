"""Classifiers and mask generators; Keras finds their layers by this import."""

from xvat_tf.models.blocks import LeakyReLU
from xvat_tf.models.classifiers import build_classifier
from xvat_tf.models.mask_generators import InductiveGenerator, build_generator
from xvat_tf.models.normalization import BatchNorm
from xvat_tf.models.tables import MaskTable, PredictionTable
