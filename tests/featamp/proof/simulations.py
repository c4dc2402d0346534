"""Run the simulations of the trust page and keep what comes out:
`python -m tests.featamp.proof.simulations`.
"""

from __future__ import annotations

from featamp.proof.kept import write_kept
from report.engine.processes.threads import one_thread_each
from report.stages.trust import SIMULATIONS, simulating_code


def main() -> None:
    """Run them all."""
    with one_thread_each():
        write_kept(simulating_code(), {name: run() for name, (_, run) in SIMULATIONS.items()})


if __name__ == "__main__":
    main()
