"""The builders of events, a module for each family of services."""

from __future__ import annotations

from lambda_tui.sample_events.builder import Builder
from lambda_tui.sample_events.services.api_gateway import API_GATEWAY_BUILDERS
from lambda_tui.sample_events.services.authorizers import AUTHORIZER_BUILDERS
from lambda_tui.sample_events.services.cloudwatch_logs import CLOUDWATCH_LOGS_BUILDERS
from lambda_tui.sample_events.services.cognito import COGNITO_BUILDERS
from lambda_tui.sample_events.services.event_bridge import EVENT_BRIDGE_BUILDERS
from lambda_tui.sample_events.services.load_balancer import LOAD_BALANCER_BUILDERS
from lambda_tui.sample_events.services.messaging import MESSAGING_BUILDERS
from lambda_tui.sample_events.services.s3 import S3_BUILDERS
from lambda_tui.sample_events.services.ses import SES_BUILDERS
from lambda_tui.sample_events.services.step_functions import STEP_FUNCTIONS_BUILDERS
from lambda_tui.sample_events.services.streams import STREAM_BUILDERS

BUILDERS: tuple[Builder, ...] = (
    *API_GATEWAY_BUILDERS,
    *LOAD_BALANCER_BUILDERS,
    *S3_BUILDERS,
    *MESSAGING_BUILDERS,
    *EVENT_BRIDGE_BUILDERS,
    *STREAM_BUILDERS,
    *CLOUDWATCH_LOGS_BUILDERS,
    *SES_BUILDERS,
    *STEP_FUNCTIONS_BUILDERS,
    *AUTHORIZER_BUILDERS,
    *COGNITO_BUILDERS,
)
"""All builders, in the order in which they are listed."""

__all__ = ["BUILDERS"]
