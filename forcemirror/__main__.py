"""``python -m forcemirror`` is the command line."""

from forcemirror.cli import main

if __name__ == "__main__":
    main()
