"""An import that fails, so that the function never initialises.

Watch: the Init phase fails with Runtime.ImportModuleError. The invocation tries once more, and
fails with the same error. To repair it, delete the line with "a_module_that_does_not_exist" and
save: the environment initialises by itself. Press i.
"""

from __future__ import annotations

import a_module_that_does_not_exist  # noqa: F401 - delete this line


def handler(event, context):
    return {"message": "repaired"}
