"""The command line: program, parser, streams, and one module a command in commands/."""
