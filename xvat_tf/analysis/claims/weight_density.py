"""How dense the weights of a network are: few near zero, or many."""

import dataclasses

import numpy as np
import scipy.stats

from xvat_tf.analysis.figures.weight_histograms import near_zero

_ABSOLUTE = 0.01
_OF_LARGEST = 0.01
_OF_RMS = 0.1


@dataclasses.dataclass(frozen=True)
class Density:
    """Measures of the weights w of a layer, or means of them over layers.

    All but `rms` and `near_zero` stay if every weight is multiplied by the
    same factor. A large Gaussian layer has 8.0 % near its rms, Hoyer 0.20 and
    kurtosis 0; a uniform one 5.8 %, 0.13 and -1.2. Of a layer of equal or
    zero weights, what is not defined is NaN.

    Attributes:
        weights: Their number n.
        rms: Square root of the mean square.
        near_zero: Share with |w| < 0.01, as in Fig. 6, in [0, 1].
        near_largest: Share with |w| below 1 % of the largest |w|.
        near_rms: Share with |w| below 10 % of the rms.
        hoyer: (sqrt(n) - L1 / L2) / (sqrt(n) - 1) of the norms of w (Hoyer
            2004): 0 if all |w| are equal, 1 if a single w is not 0.
        kurtosis: Excess kurtosis, m4 / m2^2 - 3 of the central moments:
            higher where many weights are small and a few large.
    """

    weights: int
    rms: float
    near_zero: float
    near_largest: float
    near_rms: float
    hoyer: float
    kurtosis: float


@np.errstate(invalid="ignore", divide="ignore")
def density(weights: np.ndarray) -> Density:
    """Measures the weights of one layer, any shape, in double precision."""
    w = weights.astype(np.float64).ravel()
    rms = np.sqrt(np.mean(w**2))
    largest = np.abs(w).max()
    return Density(
        weights=w.size,
        rms=float(rms),
        near_zero=near_zero(w, _ABSOLUTE),
        near_largest=near_zero(w, _OF_LARGEST * largest),
        near_rms=near_zero(w, _OF_RMS * rms),
        hoyer=_hoyer(w),
        kurtosis=float(scipy.stats.kurtosis(w)),
    )


def mean(layers: list[Density]) -> Density:
    """Means over layers, each weighted by its number of weights.

    Every layer is measured on its own scale first. `weights` is the sum.
    """
    counts = [layer.weights for layer in layers]
    values = np.array([dataclasses.astuple(layer)[1:] for layer in layers])
    means = np.average(values, axis=0, weights=counts)
    return Density(sum(counts), *means.tolist())


def _hoyer(w):
    root = np.sqrt(w.size)
    ratio = np.abs(w).sum() / np.sqrt(np.sum(w**2))
    return float((root - ratio) / (root - 1))
