"""The child's end of the pipe: one JSON line asks, one answers.

Runs under whichever Python the reference program needs: standard library
only.
"""

import json
import os
import sys
from collections.abc import Callable


def serve(answers: dict[str, Callable[[dict], dict]]) -> None:
    """Answers requests until the parent closes the pipe.

    What a reference program prints goes to stderr, so that stdout carries
    answers only.

    Args:
        answers: Function of the request by the request's `"ask"`.
    """
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        request = json.loads(line)
        answer = answers[request["ask"]](request)
        print(json.dumps(answer), file=out, flush=True)
