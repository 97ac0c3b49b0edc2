"""Pictures as files, written whole or not at all."""

import contextlib
import io
import pathlib
import tempfile
from collections.abc import Iterable, Iterator

from xvat_tf.errors import UserError, writing_remedy
from xvat_tf.files import written_whole

FORMATS = ("png", "pdf", "svg")
_DPI = 130
_ANIMATION_DPI = 96
_FRAMES_PER_SECOND = 2


class Output:
    """Writes figures into a folder, which is made if it is not there.

    The extension is one of `FORMATS`; animations are GIF whatever it is.
    `written` are the paths so far, in order.
    """

    def __init__(self, folder: pathlib.Path, extension: str = "png"):
        self._folder, self._extension = folder, extension
        self.written = []

    def save(self, figure, name: str, flat: bool = False) -> None:
        """Writes a figure under a name without extension.

        One of few colours, in large areas (`flat`), is a third as PNG with a
        palette. A UserError says that the folder cannot be written.
        """
        with self._writing(f"{name}.{self._extension}") as path:
            if flat and self._extension == "png":
                with_palette(figure, _DPI).save(path, optimize=True)
            else:
                figure.savefig(path, dpi=_DPI)

    def animate(self, figure, frames: Iterable, name: str) -> None:
        """Writes a GIF: a frame after each step of what changes the figure."""
        from matplotlib.animation import PillowWriter
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        FigureCanvasAgg(figure)
        writer = PillowWriter(fps=_FRAMES_PER_SECOND)
        with (
            self._writing(f"{name}.gif") as path,
            writer.saving(figure, str(path), _ANIMATION_DPI),
        ):
            for _ in frames:
                writer.grab_frame()

    @contextlib.contextmanager
    def _writing(self, name) -> Iterator[pathlib.Path]:
        path = self._folder / name
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory() as folder:
                drawn = pathlib.Path(folder) / name
                yield drawn
                with written_whole(path, shared=True) as file:
                    file.write(drawn.read_bytes())
        except OSError as error:
            raise UserError(
                f"{path} cannot be written ({error.strerror or error}): choose"
                f" another --out, or {writing_remedy(error)}."
            ) from None
        self.written.append(path)


def with_palette(figure, dpi: int):
    """Draws a figure of few colours as a Pillow image, a third of the bytes."""
    from PIL import Image

    drawn = io.BytesIO()
    figure.savefig(drawn, dpi=dpi)
    picture = Image.open(drawn).convert("RGB")
    return picture.quantize(256, dither=Image.Dither.NONE)
