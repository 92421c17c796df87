"""`python -m tui` is `genchat`."""

from tui.cli import main

raise SystemExit(main())
