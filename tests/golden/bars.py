"""How far apart arithmetic allows two programs to be.

Relative, L2 norm of the whole array, unless a check says otherwise. Looser
ones, such as those of five steps of Adam, stand where they are used.
"""

# Losses and logits in double precision.
LOSS = 1e-9
# Double precision against an array stored in single precision.
STORED = 1e-6
# Well-conditioned quantities in single precision.
SINGLE = 2e-5


def search_loss(xi: float) -> float:
    """Bar of a loss at r_vadv, double precision.

    The probe x + xi d loses digits of d as 1 / xi, and so does the direction
    found with it.
    """
    return max(LOSS, 1e-11 / xi)


def search_array(xi: float) -> float:
    """Bar of r_vadv, and of gradients at it, stored in single precision."""
    return max(STORED, 1e-10 / xi)
