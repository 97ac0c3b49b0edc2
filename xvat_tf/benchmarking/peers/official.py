"""The official VAT (takerum/vat_tf) as a timed peer."""

import sys
from collections.abc import Iterable

from xvat_tf.benchmarking.peers.peer import PeerFactory, Sizes
from xvat_tf.reference.vat_tf import checkout

FLAG = "peer_vat_tf_dir"
_CHILD = "xvat_tf.benchmarking.peers.official_child"
_METHODS = {"mle": "baseline", "vat": "vat"}


def official_peers(
    folder: str, network: str, methods: Iterable[str], sizes: Sizes
) -> list[PeerFactory]:
    """Peers for the methods that the program has.

    Args:
        folder: Checkout, as the user gave it.
        network: The program has `"conv13"` only; another gives no peers.
        methods: mle, vat, xvat; the program has no xvat.
        sizes: Of the batches.

    Returns:
        One factory per method, in the order of `methods`.

    Raises:
        UserError: No such checkout, or it is incomplete.
    """
    path = checkout.check(folder, FLAG)
    if network != "conv13":
        return []
    return [
        PeerFactory(
            name=f"vat_tf {method}",
            method=method,
            mask_model="",
            module=_CHILD,
            python=sys.executable,
            request={
                **sizes.request(network),
                "folder": str(path),
                "method": _METHODS[method],
            },
        )
        for method in methods
        if method in _METHODS
    ]
