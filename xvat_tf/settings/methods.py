"""The methods as calls: each takes the options it reads, checked."""

from xvat_tf.settings.checks import check_method
from xvat_tf.settings.groups import TABLE_LEARNING_RATE, MethodSettings


def Mle() -> MethodSettings:
    """Maximum likelihood: cross entropy of the labels, no perturbation."""
    return _checked(method="mle")


def At(*, epsilon: float, norm: str = "l2", eta: float = 0.5) -> MethodSettings:
    """Adversarial training (paper eq. 1 and 2; vat.py of vat_tf).

    Args:
        epsilon: L2 norm of r, or with `"linf"` the size of each entry, above
            0, in the units of the input.
        norm: `"l2"` or `"linf"`.
        eta: Share of the perturbed cross entropy, in [0, 1].

    Returns:
        The method, for `Trainer`.

    Raises:
        UserError: A value is impossible.
    """
    return _checked(method="at", epsilon=epsilon, norm=norm, eta=eta)


def Vat(
    *,
    epsilon: float,
    direction: str = "power_iteration",
    xi: float | None = None,
    num_power_iterations: int = 1,
    eta: float = 1.0,
) -> MethodSettings:
    """Virtual adversarial training (paper eq. 3 and 4; vat.py of vat_tf).

    Args:
        epsilon: L2 norm of r, above 0, in the units of the input.
        direction: `"power_iteration"` (vat.py of vat_tf) or
            `"against_prediction"`, where the prediction loses most certainty,
            at the cost of one power iteration.
        xi: Length of the probing step of a power iteration, above 0, in the
            units of the input. By default it follows the length of each
            input and the type that the network computes in
            (`perturbations.probing_length`). vat_tf has 1e-6, which float32
            rounds away in many images.
        num_power_iterations: 1 or more; each costs a pass and its gradient.
        eta: Weight of the local smoothness, 0 or above.

    Returns:
        The method, for `Trainer`.

    Raises:
        UserError: A value is impossible.
    """
    return _checked(
        method="vat",
        epsilon=epsilon,
        direction=direction,
        xi=xi,
        num_power_iterations=num_power_iterations,
        eta=eta,
    )


def VatEnt(
    *,
    epsilon: float,
    direction: str = "power_iteration",
    xi: float | None = None,
    num_power_iterations: int = 1,
    eta: float = 1.0,
) -> MethodSettings:
    """VAT and the entropy of the prediction (vatent of vat_tf).

    Args:
        epsilon: As of `Vat`.
        direction: As of `Vat`.
        xi: As of `Vat`.
        num_power_iterations: As of `Vat`.
        eta: As of `Vat`.

    Returns:
        The method, for `Trainer`.

    Raises:
        UserError: A value is impossible.
    """
    return _checked(
        method="vatent",
        epsilon=epsilon,
        direction=direction,
        xi=xi,
        num_power_iterations=num_power_iterations,
        eta=eta,
    )


def XAt(*, eta: float = 0.5, **masks) -> MethodSettings:
    """Adversarial training by masks (paper eq. 8): labels only.

    Args:
        eta: Share of the perturbed cross entropy, in [0, 1].
        **masks: As of `XVat`, but for `divergence`.

    Returns:
        The method, for `Trainer`.

    Raises:
        UserError: A value is impossible.
        TypeError: No such option.
    """
    return _masked("xat", eta=eta, **masks)


def XVat(
    *,
    eta: float = 1.0,
    divergence: str = "kl_perturbed_clean",
    **masks,
) -> MethodSettings:
    """Virtual adversarial training by masks (paper eq. 7 to 13).

    Args:
        eta: Weight of the local smoothness, 0 or above.
        divergence: `"kl_perturbed_clean"` (released code),
            `"kl_clean_perturbed"` (paper eq. 7) or `"cross_entropy"`.
        **masks: `mask_model` (`"inductive"` or `"transductive"`),
            `mask_gain`, `mask_channels` (`"shared"` or `"separate"`),
            `lambda_l0`, `l0_reduction` (`"mean"` or `"sum"`),
            `lambda_smooth`, `beta`, `gamma`, `zeta`, `generator_layers`,
            `generator_filters`, `generator_init_scale`, `log_alpha_bound`,
            `generator_learning_rate`; see `MethodSettings`.

    Returns:
        The method, for `Trainer`.

    Raises:
        UserError: A value is impossible.
        TypeError: No such option.
    """
    return _masked("xvat", eta=eta, divergence=divergence, **masks)


_MASK_OPTIONS = (
    "mask_model",
    "mask_gain",
    "mask_channels",
    "lambda_l0",
    "l0_reduction",
    "lambda_smooth",
    "beta",
    "gamma",
    "zeta",
    "generator_layers",
    "generator_filters",
    "generator_init_scale",
    "log_alpha_bound",
    "generator_learning_rate",
)


def _masked(method, *, eta, divergence="kl_perturbed_clean", **masks):
    unknown = sorted(set(masks) - set(_MASK_OPTIONS))
    if unknown:
        raise TypeError(
            f"{method} has no option {', '.join(unknown)}: choose of"
            f" {', '.join(_MASK_OPTIONS)}."
        )
    if masks.get("mask_model") == "transductive":
        masks = {"generator_learning_rate": TABLE_LEARNING_RATE} | masks
    return _checked(method=method, eta=eta, divergence=divergence, **masks)


def _checked(**values):
    settings = MethodSettings(**values)
    check_method(settings)
    return settings
