"""The meeting core: tasks, time, what is heard, what is made of it. No sockets, no wall clock."""
