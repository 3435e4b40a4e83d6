"""What schemathesis is told besides the description, and looks at besides its own checks."""

import json
import os

import schemathesis

EXAMPLES: dict[str, list[dict]] = json.loads(os.environ["HOLOS_EXAMPLES"])


@schemathesis.hook
def before_add_examples(context, examples) -> None:
    """Every poll, release and file of the log at every address, before anything is made up."""
    for values in EXAMPLES.get(context.operation.path, []):
        examples.append(context.operation.Case(path_parameters=dict(values)))


@schemathesis.check
def any_site_may_read_it(ctx, response, case) -> None:
    assert response.headers.get("access-control-allow-origin") == ["*"], "not for other sites"
    assert response.headers.get("x-content-type-options") == ["nosniff"], "a type may be guessed"


@schemathesis.check
def refusals_are_problems_that_nobody_keeps(ctx, response, case) -> None:
    """Also those that no operation describes, such as of a method."""
    if response.status_code < 400:
        return
    assert response.headers.get("cache-control") == ["no-store"], "a refusal may be kept"
    assert response.headers.get("content-type") == ["application/problem+json"], "no problem"
    if response.request.method != "HEAD":
        said = response.json()
        assert said["status"] == response.status_code, "a problem of another status"
        assert {"type", "title", "detail", "reason"} <= set(said), "a field is missing"
