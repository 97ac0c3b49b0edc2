"""The methods: a class each, its fields the options. No TensorFlow.

A new one is a class as those in `additive.py`, its objective, and its name
in the list below.
"""

from xvat_tf.methods.additive import At, Vat, VatEnt
from xvat_tf.methods.consistency import Consistency, MeanTeacher, Pi, Temporal
from xvat_tf.methods.method import Line, Method, Mle, Pass
from xvat_tf.methods.multiplicative import Masks, XAt, XVat, XVatEnt
from xvat_tf.methods.registry import (
    METHODS,
    find_method,
    method_options,
    register,
)
from xvat_tf.methods.terms import Growth, LabelLoss

for _method in (
    *(Mle, At, Vat, VatEnt, XAt, XVat, XVatEnt),
    *(Pi, Temporal, MeanTeacher),
):
    register(_method)
