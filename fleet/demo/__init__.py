"""The demo fleet: people, tenants, prompts and suites, loaded through the product's actions."""

from fleet.demo.people import PASSWORD, logins

__all__ = ["PASSWORD", "logins"]
