"""Which modules speak about which topic: the labels of ``python/docstrings``."""

from __future__ import annotations

from collections.abc import Mapping

STDLIB = "stdlib"

TOPICS: Mapping[str, Mapping[str, str]] = {
    "concurrency": {
        STDLIB: "asyncio threading multiprocessing concurrent queue sched subprocess signal contextvars "
                "_threading_local selectors",
    },
    "data formats": {
        STDLIB: "json csv xml configparser pickle pickletools plistlib base64 quopri shelve dbm tomllib sqlite3 struct "
                "copyreg uu binhex xdrlib netrc",
        "pandas": "pandas.io", "pyarrow": "pyarrow", "yaml": "yaml", "pydantic": "pydantic.json_schema",
    },
    "files": {
        STDLIB: "os posixpath ntpath genericpath pathlib shutil tempfile glob fnmatch tarfile zipfile gzip bz2 lzma "
                "fileinput filecmp stat _pyio linecache mimetypes zipimport zipapp _compression",
        "fsspec": "fsspec",
    },
    "graphics": {
        STDLIB: "tkinter turtle colorsys",
        "matplotlib": "matplotlib.axes matplotlib.patches matplotlib.colors matplotlib.artist matplotlib.collections "
                      "matplotlib.figure matplotlib.image matplotlib.ticker matplotlib.widgets",
        "PIL": "PIL",
    },
    "mathematics": {
        STDLIB: "_pydecimal statistics random fractions numbers bisect heapq secrets",
        "numpy": "numpy.polynomial numpy.linalg numpy.fft numpy.random",
        "scipy": "scipy.linalg scipy.optimize scipy.special scipy.integrate scipy.interpolate scipy.spatial",
        "networkx": "networkx.algorithms networkx.linalg",
    },
    "networking": {
        STDLIB: "http urllib socket socketserver ssl ftplib smtplib imaplib poplib nntplib telnetlib smtpd asyncore "
                "asynchat xmlrpc wsgiref ipaddress cgi webbrowser email",
        "requests": "requests", "urllib3": "urllib3", "httpx": "httpx", "aiohttp": "aiohttp", "tornado": "tornado",
    },
    "text": {
        STDLIB: "re string textwrap difflib codecs encodings locale gettext pprint shlex html unicodedata "
                "stringprep",
        "jinja2": "jinja2", "pygments": "pygments", "markdown_it": "markdown_it", "rich": "rich.text rich.markup "
        "rich.markdown rich.cells rich.syntax",
    },
}
"""Topic -> package -> module names; submodules are meant too."""

CORE_PACKAGES = (STDLIB, "numpy", "scipy", "pandas", "pyarrow", "pydantic", "matplotlib", "PIL", "yaml", "jinja2",
                 "pygments", "markdown_it", "rich")
"""What every installation of the core has, so that the data are the same for the same versions."""

KNOWN_PACKAGES = tuple(sorted({package for modules in TOPICS.values() for package in modules}))
