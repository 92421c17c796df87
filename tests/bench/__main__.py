"""`python -m tests.bench [name …]`: run the benchmarks named, or all, and print their tables."""

import sys
from importlib import import_module
from pathlib import Path

from tests.bench import DataMissing, machine, table

_PARTS = ("arpa", "decoder_process", "grading")  # of other benchmarks; grading has commands of its own


def main(names: list[str]) -> int:
    """Run them one after the other. Returns 1 if one could not run for want of data."""
    found = [*Path(__file__).parent.glob("[a-z]*.py"), *Path(__file__).parent.glob("[a-z]*/__init__.py")]
    modules = {path.parent.name if path.name == "__init__.py" else path.stem for path in found}
    available = sorted(modules.difference(_PARTS))
    unknown = [name for name in names if name not in available]
    if unknown:
        print(f"no benchmark {', '.join(unknown)}; there are: {', '.join(available)}", file=sys.stderr)
        return 2
    print(machine())
    left_out = 0
    for name in names or available:
        print(f"\n{name}", flush=True)
        module = import_module(f"tests.bench.{name}")
        try:
            if hasattr(module, "run"):
                print(table(module.run()), flush=True)
            else:
                module.main()
        except DataMissing as missing:
            print(f"left out: {missing}")
            left_out += 1
    return 1 if left_out else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
