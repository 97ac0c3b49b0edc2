"""The authors' PyTorch code (sndnyang/xvat) as timed peers."""

from collections.abc import Iterable

from xvat_tf.benchmarking.peers.peer import PeerFactory, Sizes
from xvat_tf.reference.xvat import checkout

FLAG = "peer_xvat_dir"
_CHILD = "xvat_tf.benchmarking.peers.released_child"
_FILES = ("Loss/VAT.py", "models/CNN.py")
# Method, mask model and optimizer of the table by the end of the name; the
# trainer as the program calls it.
_VARIANTS = {
    "mle": ("mle", "", "", "ce"),
    "vat": ("vat", "", "", "vat"),
    "xvat inductive": ("xvat", "inductive", "", "inl0"),
    "xvat transductive": ("xvat", "transductive", "", "l0"),
    "xvat transductive sgd": ("xvat", "transductive", "sgd", "l0"),
}


def released_peers(
    folder: str,
    python: str,
    network: str,
    methods: Iterable[str],
    sizes: Sizes,
) -> list[PeerFactory]:
    """Peers for the methods; xvat gives three of them.

    Args:
        folder: Checkout, as the user gave it.
        python: Interpreter that has NumPy and PyTorch.
        network: `"conv13"` or `"mlp"`.
        methods: mle, vat, xvat.
        sizes: Of batches, mlp and transductive table.

    Returns:
        Factories in the order of `methods`.

    Raises:
        UserError: The checkout, the interpreter or PyTorch is missing.
    """
    path = checkout.check(folder, python, FLAG, _FILES)
    return [
        PeerFactory(
            name=f"xvat {variant}",
            method=method,
            mask_model=mask_model,
            module=_CHILD,
            python=python,
            request={
                **sizes.request(network),
                "folder": str(path),
                "trainer": trainer,
                "table_optimizer": optimizer,
            },
        )
        for wanted in methods
        for variant, (method, mask_model, optimizer, trainer) in (
            _VARIANTS.items()
        )
        if method == wanted
    ]
