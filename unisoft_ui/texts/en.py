"""The words of the frame around every page, of signing in, and of what can go wrong."""

from __future__ import annotations

from backend.domain.rights import Role
from unisoft_ui.texts import content

PRODUCT = "Unisoft"

# The frame
SKIP_TO_CONTENT = "Skip to content"
NAV_MAIN = "Main"
NAV_MESSAGES = "Messages"
NAV_CAMPAIGNS = "Campaigns"
NAV_TEMPLATES = "Templates"
NAV_MORE = "More"
NAV_SETTINGS = "Settings"
ACCOUNT = "Your account"
SIGN_OUT = "Sign out"
THEME = "Appearance"
THEME_LIGHT = "Light"
THEME_DARK = "Dark"
THEME_SYSTEM = "System"
CLOSE = "Close"
ROLES = {Role.ADMINISTRATOR: "Administrator", Role.SECONDARY: "Secondary user"}
SIMULATED_MEDIA = {"twilio": "SMS", "sendgrid": "email", "whatsapp": "WhatsApp"}
SIMULATED_ALL = "Nothing leaves this machine: messages go to the simulator, and nobody receives them."
SIMULATED_SOME = "Simulated: {media}. These messages stay on this machine, and nobody receives them."
CONNECTION_LOST = "Connection lost. Trying again…"

# Signing in
LOGIN_TITLE = "Sign in"
LOGIN_SUBTITLE = "Administration of your community"
LOGIN_EMAIL = "Email"
LOGIN_PASSWORD = "Password"  # noqa: S105 - a label
LOGIN_SHOW_PASSWORD = "Show password"  # noqa: S105 - a label
LOGIN_HIDE_PASSWORD = "Hide password"  # noqa: S105 - a label
LOGIN_REMEMBER = "Stay signed in on this device"
LOGIN_SUBMIT = "Sign in"
LOGIN_ERRORS = {
    "wrong_credentials": "This email and password do not match. Check both and try again.",
    "too_many_attempts": "Too many attempts. Wait a few minutes, then try again.",
    "session_ended": "Your session has ended. Sign in to go on where you were.",
    "unreachable": "The server could not be reached. Check your connection and try again.",
}
LOGIN_SAMPLE_SCHEDULED = "Scheduled, Thu 18:00"
LOGIN_SAMPLE_SMS = "Kol Nidre is this Sunday 20 September at 7:15 PM. Doors open at 6:30 PM."
LOGIN_SAMPLE_TITLE = "Rosh Hashanah campaign"
LOGIN_SAMPLE_SENT = "562 sent successfully"
LOGIN_SAMPLE_FAILED = "36 in error"
LOGIN_SAMPLE_WHATSAPP = "Happy birthday! The whole community wishes you Mazal Tov."

# Errors, by the code of the `AppError`. `{…}` are its details.
ERRORS = {
    "forbidden": "You do not have the right to do this. Ask an administrator.",
    "not_found": "This no longer exists. It may have been deleted meanwhile.",
    "invalid_input": "Something in this form is not right. Check it and try again.",
    "conflict": "This changed meanwhile. Reload the page and try again.",
    "payment_unavailable": "The payment page could not be opened. Nothing was charged. Try again in a moment.",
    "payment_refused": "The payment provider refused this order. Nothing was charged. Tell an administrator.",
    "no_payment_provider": "Credits cannot be paid here yet: no payment provider is set up.",
    "price_changed": "The prices changed meanwhile. Open the window again to see them.",
    "unknown_pack": "This pack is no longer sold. Open the window again to see the present ones.",
    "too_many_orders": "You began {most} payments within an hour. Finish one, or try again later.",
    "run_has_ended": "This campaign has ended, or it has not begun: nothing was changed.",
    "cannot_resume": "This campaign is not paused: nothing was changed.",
    "too_late": "This campaign has begun to send. It can no longer go back to draft.",
    "insufficient_credit": "Not enough SMS credit: {missing} more needed.",
    "configuration": "The installation is not complete. An administrator can see why in the logs.",
    "session_ended": "Your session has ended. Sign in again.",
    "not_answering": "The server cannot do this just now. Nothing was lost. Try again in a moment.",
    **content.ERRORS,
}
UNEXPECTED = "Something went wrong on our side. Nothing else was changed. Reference: {reference}"

NOT_FOUND_TITLE = "This page does not exist"
NOT_FOUND_TEXT = "The address may be misspelt, or the page has moved."
NOT_FOUND_LINK = "Go to the campaigns"
CRASH_TITLE = "This page stopped working"
CRASH_TEXT = "What you saved is safe. Reload the page to go on."
CRASH_RELOAD = "Reload the page"
