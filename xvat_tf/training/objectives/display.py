"""What an objective shows of images: for panels and figures."""

import dataclasses
from typing import Literal

import numpy as np

from xvat_tf.methods import Method
from xvat_tf.records import tags

# Full colour. A table starts in N(0, 1), a convolution of an image of values
# up to 0.5 near 0.3.
_LOG_ALPHA_LIMITS = {False: 1.0, True: 3.0}
_FILTER_LIMIT = 0.5
_MOST_FILTERS = 10


@dataclasses.dataclass(frozen=True, eq=False)
class Panel:
    """Tiles of one picture, float, `(n, height, width)` or with channels.

    Its kind: `"picture"` of inputs; `"change"` of inputs, which is amplified
    by the caption's `{factor:g}`, black and white being `{end:.3g}`; `"mask"`
    of values in [0, 1]; `"signed"`, red above 0, blue below, full at `limit`.
    """

    tag: str
    values: np.ndarray
    kind: Literal["picture", "change", "mask", "signed"]
    caption: str
    limit: float = 1.0


class Display:
    """Images as a method perturbs them."""

    perturbed: np.ndarray

    def panels(self, method: Method) -> list[Panel]:
        """The pictures of it, but for the images themselves."""
        text = "x as the method perturbs it"
        return [Panel(tags.PERTURBED_IMAGE, self.perturbed, "picture", text)]


@dataclasses.dataclass(frozen=True, eq=False)
class Added(Display):
    """An additive perturbation r of images (paper Fig. 5b)."""

    r: np.ndarray
    perturbed: np.ndarray

    def panels(self, method):
        linf = getattr(method, "norm", "l2") == "linf"
        norm = "largest entry" if linf else "L2 norm"
        return [
            Panel(
                tags.AMPLIFIED_R,
                self.r,
                "change",
                "r times {factor:g}: gray is 0, black and white +-{end:.3g}",
            ),
            Panel(
                tags.PERTURBED_IMAGE,
                self.perturbed,
                "picture",
                f"x + r, {norm} of r {method.epsilon:g}",
            ),
        ]


@dataclasses.dataclass(frozen=True, eq=False)
class Masked(Display):
    """Masks of images (paper Fig. 5a), of their channels or one for all.

    Log alpha; a mask in [0, 1] as in training, for the given noise and after
    its step, if any; the one at the median of the noise, without a step; the
    images under the first; the generator's first convolution, if it has any.
    """

    log_alpha: np.ndarray
    sample: np.ndarray
    noise_free: np.ndarray
    perturbed: np.ndarray
    kernel: np.ndarray | None = None

    def panels(self, method):
        limit = method.log_alpha_bound or (
            _LOG_ALPHA_LIMITS[method.has_table] + abs(method.log_alpha_mean)
        )
        draw = "draw and its step" if method.mask_step else "draw"
        separate = self.log_alpha.shape[-1] > 1
        mean = ", mean of the colours" if separate else ""
        gray = "black 0 hides, white 1 keeps"
        found = [
            Panel(
                tags.LOG_ALPHA,
                self.log_alpha.mean(axis=-1),
                "signed",
                f"log alpha: blue -{limit:g} hides, red {limit:g} keeps{mean}",
                limit,
            ),
            Panel(
                tags.MASK_SAMPLE,
                self.sample,
                "mask",
                f"mask z, one {draw}: {gray}",
            ),
            Panel(
                tags.NOISE_FREE_MASK,
                self.noise_free,
                "mask",
                f"mask z without noise: {gray}",
            ),
            Panel(
                tags.MASKED_IMAGE,
                self.perturbed,
                "picture",
                f"x * eps z of that {draw}, eps = {method.mask_gain:g}",
            ),
        ]
        return found if self.kernel is None else [*found, self._filters()]

    def _filters(self):
        """A tile per input and filter of the generator's first layer."""
        height, width = self.kernel.shape[:2]
        tiles = self.kernel.reshape(height, width, -1).transpose(2, 0, 1)
        limit = _FILTER_LIMIT
        return Panel(
            tags.GENERATOR_FILTER,
            tiles[:_MOST_FILTERS],
            "signed",
            f"generator filter, first layer: blue -{limit:g}, red {limit:g}",
            limit,
        )
