"""What outlives the process, in the folder of the setting ``data_dir``.

``sqlite.py`` is the file, ``snapshot.py`` says what there is to write down of a task and its books,
``keeper.py`` writes what has changed, ``revival.py`` brings it back. Nothing of this is loaded
without a ``data_dir``.
"""
