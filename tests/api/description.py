"""The description itself: that it is OpenAPI 3.1, and that a stranger can read it."""

from openapi_spec_validator import OpenAPIV31SpecValidator

from engine import DESCRIPTION, PROBLEM, Engine

# "Refused." says nothing that the status does not.
WORDS_MIN = 3


def check(engine: Engine) -> None:
    document, expect = engine.document, engine.report.expect
    kind = engine.ask(DESCRIPTION).header("content-type")
    wanted = "application/vnd.oai.openapi+json;version=3.1"
    expect("the description has its own media type", kind == wanted, DESCRIPTION, kind)
    version = document["openapi"]
    expect("it is OpenAPI 3.1", version.startswith("3.1."), DESCRIPTION, version)
    # One place for each error, or one where there is none.
    for error in list(OpenAPIV31SpecValidator(document).iter_errors()) or [None]:
        expect("it is valid", error is None, DESCRIPTION, error, of=str(error))

    tags = {tag["name"]: tag.get("description") for tag in document["tags"]}
    names: set[str] = set()
    for template, operation in engine.operations():
        methods = set(document["paths"][template]) - {"parameters"}
        expect("an address is only read", methods == {"get"}, template, methods)
        name = operation.get("operationId", "")
        own = bool(name) and name not in names
        expect("an operation has a name of its own", own, template, name)
        names.add(name)
        tagged = operation.get("tags", [])
        described = bool(tagged) and all(tags.get(tag) for tag in tagged)
        expect("an operation has a described tag", described, template, tagged)
        summary = operation.get("summary") or operation.get("description")
        expect("an operation says what it is", bool(summary), template)
        _parameters(engine, template, operation)
        _responses(engine, template, operation)


def _parameters(engine: Engine, template: str, operation: dict) -> None:
    for parameter in operation.get("parameters", []):
        where = f"{template} {parameter['name']}"
        said = parameter.get("description", "")
        described = len(said.split()) >= WORDS_MIN
        engine.report.expect("a parameter is described", described, where, said)
        engine.report.expect("a parameter has a schema", bool(parameter.get("schema")), where)


def _responses(engine: Engine, template: str, operation: dict) -> None:
    responses, expect = operation["responses"], engine.report.expect
    needed = {"200", "400", "404", "503"} if "{id}" in template else {"200", "503"}
    missing = needed - set(responses)
    expect("an operation describes its refusals", not missing, template, f"without {missing}")
    for status, response in responses.items():
        where, content = f"{template} {status}", response.get("content", {})
        if status == "304":
            expect("what has not changed has no content", not content, where, list(content))
            continue
        schemas = [held.get("schema") for held in content.values()]
        expect("an answer has a media type", bool(content), where)
        for kind, schema in zip(content, schemas):
            # What is no JSON is text, or bytes, of which OpenAPI 3.1 says nothing more.
            is_json = kind.split(";")[0].endswith("json") or kind == "text/event-stream"
            fits = bool(schema) if is_json else (schema or {}).get("type", "string") == "string"
            expect("an answer has a schema of its kind", fits, f"{where} {kind}", schema)
        if status >= "400":
            said = response.get("description", "")
            expect("a refusal says when it is given", len(said.split()) >= WORDS_MIN, where, said)
            problem = {"$ref": "#/components/schemas/Problem"}
            is_problem = list(content) == [PROBLEM] and schemas == [problem]
            expect("a refusal is described as a problem", is_problem, where, content)
