"""What outlives the process: in the folder of the setting ``data_dir``, with ``store`` on Redis.

``sqlite.py`` is the file, ``redis.py`` the server in its place, ``batch.py`` what both can do.
``snapshot.py`` says what there is to write down of a task and its books, ``keeper.py`` writes what
has changed, ``revival.py`` brings it back. Nothing of this is loaded without a ``data_dir``.
"""
