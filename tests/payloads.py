"""Classic ways to have a page run what somebody typed. Each would call `alert`, where it were not stopped."""

from __future__ import annotations

import re

RUNS = re.compile(
    r"<(?:script|iframe|object|embed|form|button|input|link|meta|base|style|svg|math|video|template)\b"
    r"|<[^>]+\son\w+\s*=|(?:href|src|action|background)\s*=\s*[\"']?\s*(?:javascript|data|vbscript):"
    r"|url\(|expression\(|@import",
    re.IGNORECASE,
)
"""What no cleaned HTML holds."""

XSS_PAYLOADS: tuple[str, ...] = (
    "<script>alert(1)</script>",
    "<ScRiPt src=https://evil.example/alert.js></ScRiPt>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<img src='x' onload=\"alert(1)\" width=1>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<math><mtext></mtext><mglyph><style><img src=x onerror=alert(1)></style></mglyph></math>",
    "<body onload=alert(1)>",
    "<iframe src=javascript:alert(1)></iframe>",
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    '<object data="data:text/html,<script>alert(1)</script>"></object>',
    "<embed src=javascript:alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    '<a href="  JaVaScRiPt:alert(1)">x</a>',
    '<a href="java&#x09;script:alert(1)">x</a>',
    '<a href="&#106;avascript:alert(1)">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<a href="vbscript:alert(1)">x</a>',
    '<form action="javascript:alert(1)"><input type=submit></form>',
    '<button formaction="javascript:alert(1)">x</button>',
    '<meta http-equiv="refresh" content="0;url=javascript:alert(1)">',
    '<base href="javascript:alert(1)//">',
    '<link rel=stylesheet href="https://evil.example/alert.css">',
    "<style>@import 'https://evil.example/alert.css'</style>",
    '<p style="background:url(javascript:alert(1))">x</p>',
    '<p style="width:expression(alert(1))">x</p>',
    '<p style="background:u\\72l(https://evil.example/alert)">x</p>',
    '<table background="javascript:alert(1)"><tr><td>x</td></tr></table>',
    "<details open ontoggle=alert(1)>x</details>",
    "<video><source onerror=alert(1)></video>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "<template><img src=x onerror=alert(1)></template>",
    '"><img src=x onerror=alert(1)>',
    "<p/onclick=alert(1)>x</p>",
)
