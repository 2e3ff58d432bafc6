"""The words of the window that connects WhatsApp."""

from __future__ import annotations

from unisoft_ui.texts import number

TITLE = "Connect WhatsApp"
FROM_ELSEWHERE = "Scan the code with the phone of your community."
CLOSE = "Close"
CANCEL = "Cancel"

# What stands between asterisks is the name of something on the phone.
STEPS = (
    "Open *WhatsApp Business* on the phone of your community.",
    "Tap *Settings*, then *Linked devices*.",
    "Tap *Link a device* and point the phone at this code.",
)
QR_LABEL = "QR code to scan with WhatsApp"
NEW_CODE_IN = "New code in"
WAITING = "Waiting for the scan"
STARTING = "Preparing the code…"
CONNECTING = "Linking the account…"
CONNECTING_TITLE = "The code was scanned"
CONNECTING_TEXT = "Keep WhatsApp open on the phone. Linking the account takes a few seconds."
NEW_CODE = "Show a new code"

EXPIRED = "This code has expired"
EXPIRED_TEXT = "The first code lasts 60 seconds, the following ones 20. After seven of them nothing is shown any more."
REFUSED = "The phone was not connected"
REFUSED_TEXT = "The phone refused, or WhatsApp ended the connection. Show a new code and try again."
UNREACHABLE = "WhatsApp cannot be reached"
UNREACHABLE_TEXT = "The service that connects WhatsApp does not answer. Nothing is lost: campaigns wait for it."
TRYING_AGAIN = "Trying again by itself"
NOT_CONFIGURED = "WhatsApp is not set up"
NOT_CONFIGURED_TEXT = "An administrator has to enter the address of the WhatsApp gateway first."

CONNECTED = "WhatsApp is connected"
CONNECTED_TEXT = "Keep the phone switched on and online while messages are being sent."
IN_USE = "Messages by WhatsApp leave through this account."
CONNECTED_TOAST = "WhatsApp is connected. The campaigns that waited for it go on."
ACCOUNT = "Account"
NUMBER = "Number"
CAMPAIGN = "Campaign"

ENTRANCE = "WhatsApp connection"
DISCONNECT = "Disconnect"
DISCONNECT_TITLE = "Disconnect WhatsApp"
DISCONNECT_QUESTION = (
    "The phone is unlinked. Messages by WhatsApp wait, and none is lost, until a phone is connected again."
)
KEEP_CONNECTED = "Keep connected"
DISCONNECTED = "WhatsApp is disconnected. What is sent by WhatsApp waits until it is connected again."
NOT_DISCONNECTED = (
    "The service that connects WhatsApp does not answer. Look at the connection again in a moment: "
    "it may or may not have been ended."
)


def waiting(title: str, recipients: int) -> str:
    who = "1 recipient" if recipients == 1 else f"{number(recipients)} recipients"
    verb = "is" if recipients == 1 else "are"
    return f"{who} of “{title}” {verb} waiting for this connection."


def goes_on(title: str) -> str:
    return f"The sending of “{title}” goes on."
