"""The process around the services: settings, application, sockets, threads."""
