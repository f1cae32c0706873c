"""Whatever a template holds is read, or refused in a sentence."""

from __future__ import annotations

from pathlib import Path

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lambda_tui.project.kinds.template import read_template
from support.sam_template import read

FRAGMENTS = (
    "Resources:~Globals:~Function:~A:~Type: AWS::Serverless::Function~Properties:~CodeUri: .~"
    "Handler: ~Environment: ~\n~\n  ~\n    ~\n      ~- ~!Ref ~!Sub ~!If ~! ~!~&a ~*a~<<: ~? ~: ~"
    "[~]~{~}~,~'~\"~|~>~=~#~1~!!int ~!!timestamp ~!!set ~!!binary ~!!omap ~!!null "
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text() | st.lists(st.sampled_from(FRAGMENTS.split("~")), max_size=40).map("".join))
def test_no_text_as_a_template_raises(tmp_path: Path, text: str) -> None:
    file = tmp_path / "template.yaml"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    assert read_template(file)[1]


INTRINSICS = "Ref Fn::Sub Fn::Join Fn::Select Fn::Split Fn::If Fn::GetAtt Fn::FindInMap Fn::Base64"


PROPERTIES = (
    "CodeUri Handler Runtime Timeout MemorySize EphemeralStorage Environment Description "
    "FunctionName PackageType Layers LoggingConfig ReservedConcurrentExecutions "
    "ProvisionedConcurrencyConfig AutoPublishAlias"
)


NESTED = (
    "Condition Size Variables ZipFile LogFormat ApplicationLogLevel SystemLogLevel LogGroup "
    "ProvisionedConcurrentExecutions"
)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(f"{INTRINSICS} {NESTED}".split()),
            inner,
            max_size=2,
        )
    ),
    max_leaves=8,
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    properties=st.dictionaries(st.sampled_from(PROPERTIES.split()), VALUES),
    common=VALUES,
)
def test_no_value_of_a_property_raises(tmp_path: Path, properties: object, common: object) -> None:
    resource = {"Type": "AWS::Serverless::Function", "Properties": properties}
    document = {"Globals": {"Function": common}, "Resources": {"Hello": resource}}
    text = yaml.safe_dump(document, allow_unicode=True)
    functions, problems = read(tmp_path, template=text)
    assert len(functions) + len(problems) >= 1
    for problem in problems:
        assert problem.message.isprintable()
