"""The engine over HTTP: what SDKs, the AWS CLI and other functions talk to. Knows no screen."""
