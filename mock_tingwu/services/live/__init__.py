"""ApsaraVideo Live 2016-11-01: tasks that caption a live stream, and their signed callbacks."""
