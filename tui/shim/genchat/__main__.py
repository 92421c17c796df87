"""`python -m genchat` is `genchat`."""

from tui.cli import main

raise SystemExit(main())
