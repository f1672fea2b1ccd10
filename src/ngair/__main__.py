"""`python -m ngair`."""

from ngair.cli.main import main

main()
