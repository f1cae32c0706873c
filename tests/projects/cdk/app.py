"""The app that cdk.out was synthesised from, written by hand: nothing here needs CDK."""
