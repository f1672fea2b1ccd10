"""`python -m ngair`."""

from ngair.cli.main import main

if __name__ == "__main__":
    main()
