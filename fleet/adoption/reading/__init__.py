"""Read forked prompts from folders, archives and uploads, byte for byte. Pure; writes nothing.

Formats, each in a module of its own:

* `.md`, `.txt`: the file is the prompt, the file's name the tenant;
* `.json`: a string; an object with `system`, `prompt`, `text` or `content`; chat messages with
  one system message; an object of tenant to any of these; a list of rows as in a CSV;
* `.csv`: a row a prompt, in the columns `tenant`, `slug` or `name`, and `text`, `prompt`,
  `system` or `content`.

Whatever cannot be read is named with its reason, and the rest goes on.
"""

from fleet.adoption.reading.archive import from_archive
from fleet.adoption.reading.collecting import collect
from fleet.adoption.reading.folder import from_folder
from fleet.adoption.reading.source import Source, is_archive
from fleet.adoption.reading.texts import decode

__all__ = ["Source", "collect", "decode", "from_archive", "from_folder", "is_archive"]
