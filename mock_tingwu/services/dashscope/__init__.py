"""DashScope's Tingwu agents: a second service of the same meetings (dashscope-tingwu).

Requests and answers are in lower camelCase and unwrapped; everything that is heard and made comes
from the core, as for Tingwu itself.
"""
