"""``python -m mzwidget.local``: an engine in the foreground."""

from mzwidget.local import serve

if __name__ == "__main__":
    serve()
