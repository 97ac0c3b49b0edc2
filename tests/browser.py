"""A real browser: loads a page in a window of a given width."""

import html
import json
import pathlib
import re
import shutil
import subprocess

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome")
# A window of its own is never narrower than 500 pixels; a frame can be.
_FRAME = """\
<!DOCTYPE html><meta charset="utf-8"><style>body {{ margin: 0 }}</style>
<iframe srcdoc="{page}" width="{width}" height="2000" style="border: 0">
</iframe>
<script>
addEventListener("load", () => {{
  const view = frames[0], root = view.document.documentElement;
  const seen = {{
    width: view.innerWidth,
    content: root.scrollWidth,
    pictures: [...view.document.images].map(
      (one) => [one.alt, one.naturalWidth, one.naturalHeight]),
    loaded: view.performance.getEntriesByType("resource").map(
      (one) => one.name),
  }};
  const result = document.createElement("pre");
  result.textContent = JSON.stringify(seen);
  document.body.replaceChildren(result);
}});
</script>
"""


def look(page: pathlib.Path, width: int, folder: pathlib.Path) -> dict:
    """Loads a page in Chromium; the test is skipped where there is none.

    Returns:
        `width` of the window and of its `content`; `pictures`: alternative
        text and natural size of each; `loaded`: addresses of what came from
        elsewhere.
    """
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        pytest.skip("no Chromium is installed")
    frame = folder / "frame.html"
    text = html.escape(page.read_text())
    frame.write_text(_FRAME.format(page=text, width=width))
    shown = subprocess.run(
        [
            program,
            *("--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"),
            f"--user-data-dir={folder / 'profile'}",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            frame.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
    )
    found = re.search(r"<pre>(.*)</pre>", shown.stdout, re.S)
    assert found, shown.stderr
    return json.loads(html.unescape(found[1]))
