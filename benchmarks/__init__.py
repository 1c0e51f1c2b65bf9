"""How fast mzwidget is, beside the fastest that a widget can be: ``python -m benchmarks``.

Everything is measured in a real JupyterLab in a headless Chromium, on an embedded engine (or the database that
``MATERIALIZE_URL`` names), or on a stream of known rate. What the tables say:

floor
    A bare anywidget with one traitlet, set from a thread of the kernel and written to one element's text. Measured in
    the same notebook, before the view is there or in turn with it.
closed in the kernel
    When the progress row that closes a batch has been read.
DOM
    When a MutationObserver has seen the change.
painted
    The first task of the page after the frame that shows the change.
lag
    From the database's timestamp of a painted state to its painting.
busy
    The kernel computes in pure Python all the while.

Kernel and page share the machine's clock; the page's is set by the moments at which ``Date.now()`` goes to its next
millisecond. Playwright, which drives the page, reads its websocket along; that is part of the page's and the browser's
load.
"""
