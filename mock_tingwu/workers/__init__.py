"""``serve --workers N``: several processes behind one port.

Every scope is in exactly one of them, with its clock, its ids and its journal. ``share.py`` says in
which, ``directory.py`` finds the scope that something belongs to, ``world.py`` has the scopes of
one worker. Any worker accepts any connection: ``handing.py`` passes one on, with what was read of
it, to the worker whose scope a request is about, ``connections.py`` are connections that can be
passed on. ``together.py`` answers what is about all scopes. ``process.py`` is one worker,
``supervisor.py`` starts them and starts them again.
"""
