"""Events of SES for mail that is received."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

from lambda_tui.project.function import ACCOUNT_ID, REGION
from lambda_tui.sample_events.builder import Builder, JsonObject, Parameter, Values
from lambda_tui.sample_events.identifiers import iso_time, new_hex, new_id
from lambda_tui.sample_events.services.http_request import SOURCE_IP


def _mail(values: Values) -> JsonObject:
    message_id, time = new_id(40), iso_time()
    sender, recipients = values["sender"], values.words("recipients")
    subject, date = values["subject"], format_datetime(datetime.now(UTC))
    header_id = f"<{new_hex(32)}@example.com>"
    headers = {
        "Return-Path": f"<{sender}>",
        "Received": f"from mail.example.com ({SOURCE_IP}) by inbound-smtp.{REGION}.amazonaws.com",
        "From": sender,
        "To": ", ".join(recipients),
        "Subject": subject,
        "Date": date,
        "Message-ID": header_id,
        "Content-Type": "text/plain; charset=UTF-8",
    }
    verdict = {"status": "PASS"}
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{values['function']}"
    spam = {"status": values.choice("spam", "PASS", "FAIL", "GRAY", "PROCESSING_FAILED")}
    mail = {
        "timestamp": time,
        "source": sender,
        "messageId": message_id,
        "destination": recipients,
        "headersTruncated": False,
        "headers": [{"name": name, "value": value} for name, value in headers.items()],
        "commonHeaders": {
            "returnPath": sender,
            "from": [sender],
            "date": date,
            "to": recipients,
            "messageId": header_id,
            "subject": subject,
        },
    }
    receipt = {
        "timestamp": time,
        "processingTimeMillis": 574,
        "recipients": recipients,
        "spamVerdict": spam,
        "virusVerdict": verdict,
        "spfVerdict": verdict,
        "dkimVerdict": verdict,
        "dmarcVerdict": verdict,
        "action": {"type": "Lambda", "functionArn": arn, "invocationType": "Event"},
    }
    ses = {"mail": mail, "receipt": receipt}
    return {"Records": [{"eventSource": "aws:ses", "eventVersion": "1.0", "ses": ses}]}


SES_BUILDERS = (
    Builder(
        "ses",
        "SES received mail",
        (
            Parameter("sender", "ada@example.com", "the sender's address"),
            Parameter("recipients", "support@example.org", "recipients, separated by commas"),
            Parameter("subject", "Hello", "the subject"),
            Parameter("spam", "PASS", "the verdict on spam: PASS, FAIL or GRAY"),
            Parameter("function", "example", "the name of the function in the receipt rule"),
        ),
        _mail,
    ),
)
