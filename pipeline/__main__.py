"""`python -m pipeline` is `descry`."""

from pipeline.cli.app import main

if __name__ == "__main__":
    main()
