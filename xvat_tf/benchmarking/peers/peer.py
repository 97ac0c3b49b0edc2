"""One reference program in its own process, stepped on demand."""

import contextlib
import dataclasses
import pathlib
import tempfile

from xvat_tf.reference.side_by_side.child_process import ChildProcess

_TABLE_ROWS = {"mlp": 60_000, "conv13": 73_257}


@dataclasses.dataclass(frozen=True)
class Sizes:
    """How large a step is.

    Args:
        batch_size: Labeled images, 2 or more.
        ul_batch_size: Unlabeled images, 2 or more.
        hidden_sizes: Of the mlp.
        table_rows: Images that have log-odds of their own in the transductive
            table; None takes all of MNIST for the mlp, of SVHN for conv13.
    """

    batch_size: int = 32
    ul_batch_size: int = 128
    hidden_sizes: tuple[int, ...] = (1200, 1200)
    table_rows: int | None = None

    def request(self, network: str) -> dict:
        """What the child needs to know."""
        request = {"network": network, **dataclasses.asdict(self)}
        request["table_rows"] = self.table_rows or _TABLE_ROWS[network]
        return request


@dataclasses.dataclass(frozen=True)
class PeerFactory:
    """Makes the peer when it is called; until then nothing runs.

    Args:
        name: Program, method and variant, such as `"xvat vat"`.
        method: mle, vat or xvat.
        mask_model: `""`, inductive or transductive.
        module: The child's module.
        python: Interpreter.
        request: What the child builds.
    """

    name: str
    method: str
    mask_model: str
    module: str
    python: str
    request: dict

    def __call__(self, scratch: pathlib.Path) -> "Peer":
        """The peer, its files in a new folder under the existing `scratch`."""
        return Peer(self, scratch)


class Peer:
    """A reference program that takes a training step when asked.

    A context manager: the child starts and builds at its beginning and is
    ended with it. Between steps it waits at its pipe.

    Args:
        factory: Names the program and how it is started.
        scratch: Existing folder for the child's files; the caller removes it.

    Attributes:
        device: `"cpu"` or `"cuda"`, where the program computes.
        loss: Of the last step; NaN before.
    """

    def __init__(self, factory: PeerFactory, scratch: pathlib.Path):
        self.name, self.method = factory.name, factory.method
        self.mask_model = factory.mask_model
        self.device, self.loss = "", float("nan")
        self._factory, self._scratch = factory, scratch
        self._child, self._open = None, contextlib.ExitStack()

    def __enter__(self) -> "Peer":
        """Starts the child and builds the program in it.

        Raises:
            UserError: It cannot be started, or ended while it built.
        """
        factory = self._factory
        folder = pathlib.Path(tempfile.mkdtemp(dir=self._scratch))
        with contextlib.ExitStack() as stack:
            self._child = stack.enter_context(
                ChildProcess(factory.module, factory.python, folder, self.name)
            )
            answer = self._child.ask("build", **factory.request)
            self._open = stack.pop_all()
        self.device = answer["device"]
        return self

    def __exit__(self, *error):
        self._open.__exit__(*error)

    def step(self) -> float:
        """Takes one full training step.

        Returns:
            Its seconds, measured inside the child.

        Raises:
            UserError: The child ended; its last line is the reason.
        """
        answer = self._child.ask("step")
        self.loss = answer["loss"]
        return answer["seconds"]

    def peak_memory(self) -> int:
        """Most bytes that the child has held in memory so far."""
        return self._child.ask("memory")["bytes"]

    def checksums(self) -> dict[str, float]:
        """Sums of magnitudes by part (`classifier`, `statistics`, `masks`)."""
        return self._child.ask("checksums")
