"""The meeting core: tasks, time, what is heard and what is made of it. No sockets, no wall clock."""
