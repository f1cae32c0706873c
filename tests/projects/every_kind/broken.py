from __future__ import annotations

import nothing_of_this_name

handler = nothing_of_this_name.handler
