"""The methods: a class each, its fields the options. No TensorFlow.

A new one is a file like `vat.py`, its objective, and a line here.
"""

from xvat_tf.methods.at import At
from xvat_tf.methods.label_loss import LabelLoss
from xvat_tf.methods.masks import Masks
from xvat_tf.methods.mean_teacher import MeanTeacher
from xvat_tf.methods.method import Line, Method
from xvat_tf.methods.mle import Mle
from xvat_tf.methods.passes import Pass
from xvat_tf.methods.pi import Pi
from xvat_tf.methods.registry import (
    METHODS,
    find_method,
    method_options,
    register,
)
from xvat_tf.methods.temporal import Temporal
from xvat_tf.methods.vat import Vat
from xvat_tf.methods.vatent import VatEnt
from xvat_tf.methods.xat import XAt
from xvat_tf.methods.xvat import XVat
from xvat_tf.methods.xvatent import XVatEnt

for _method in (
    *(Mle, At, Vat, VatEnt, XAt, XVat, XVatEnt),
    *(Pi, Temporal, MeanTeacher),
):
    register(_method)

__all__ = [
    "METHODS",
    "At",
    "LabelLoss",
    "Line",
    "Masks",
    "MeanTeacher",
    "Method",
    "Mle",
    "Pass",
    "Pi",
    "Temporal",
    "Vat",
    "VatEnt",
    "XAt",
    "XVat",
    "XVatEnt",
    "find_method",
    "method_options",
    "register",
]
