"""What a stranger's template may do, and that nothing it does takes long or much."""

import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from genchat.engine.gpt import template_sandbox
from genchat.engine.gpt.template_sandbox import LONGEST_TEXT, SandboxedTemplate, TemplateRefused

SAID = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "<think>why</think>Hello <you>"}]


def rendered(source: str, messages: Any = SAID) -> str:
    return SandboxedTemplate(source).render(messages, {"bos_token": "<s>"})


@pytest.fixture
def little_memory() -> Iterator[None]:
    """Two gigabytes more than there is: who asks for more gets an error that is none of the sandbox's."""
    told = Path("/proc/self/statm")
    if not told.exists():
        yield
        return
    before = resource.getrlimit(resource.RLIMIT_AS)
    size = int(told.read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + (2 << 30), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.mark.parametrize(
    "source",
    [
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{% for a in range(9999999999) %}{% endfor %}",
        "{{ 'a' * 9999999999 }}",
        "{% set ns = namespace(x='ab') %}{% for a in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
        "{% set ns = namespace(x='ab') %}{% for a in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
        "{% set ns = namespace(x=['a']) %}{% for a in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
        "{% set ns = namespace(x=['a'], y=['a']) %}{% for a in range(60) %}{% set ns.x = [ns.x, ns.x] %}"
        "{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}",
        "{% set ns = namespace(x=9) %}{% for a in range(60) %}{% set ns.x = ns.x * ns.x %}{% endfor %}",
        "{% set x = 'a' * 4000000 %}{{ " + " ~ ".join(["x"] * 500) + " }}",
        "{% set x = 'a' * 4000000 %}{{ [" + "x, " * 500 + "] | string }}",
        "{% set x %}{% for a in range(99999) %}{{ 'a' * 4000000 }}{% endfor %}{% endset %}",
        "{% macro f() %}{% for a in range(99999) %}" + "a" * 9999 + "{% endfor %}{% endmacro %}{% set x = f() %}",
        "{% set x = 'a' * 4000000 %}{{ range(99999) | map(attribute='no', default=x) | map('upper') | list | length }}",
        "{{ ('a' * 40000) | replace('a', 'b' * 40000) }}",
        "{{ ('a' * 40000).replace('a', 'b' * 40000) }}",
        "{{ (range(99999) | list) | join('a' * 40000) }}",
        "{{ [" + "1, " * 40000 + "1] | join('" + "a" * 40000 + "') }}",
        "{{ ('a' * 40000).join(range(99999) | map('string')) }}",
        "{{ ([[1]] * 1000000) | sum(start=[]) }}",
        "{{ [1] | slice(1000000000) | list | length }}",
        "{{ [1] | batch(1000000000, 'x') | list | length }}",
        "{{ 1.5 | round(1000000000, 'ceil') }}",
        "{{ (5).to_bytes(4000000000, 'big') | length }}",
        "{{ ('a'.encode() * 4000000000) | length }}",
        "{{ 9 ** 9 ** 9 ** 9 }}",
        "{{ '%999999999d' % 1 }}",
        "{{ '{:999999999}'.format(1) }}",
        "{{ 'a'.center(999999999) }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ messages.append(1) }}",
        "{{ self.__init__.__globals__ }}",
        "{{ cycler.__init__.__globals__.os }}",
        "{{ range.__self__.exec }}",
        "{{ (range(3) | map('string')).gi_frame.f_globals }}",
        "{{ 'a' | attr('__class__') }}",
        "{% include '/etc/passwd' %}",
        "{% import 'os' as os %}",
        "{{ raise_exception('no') }}",
        "{{ messages[0].content.nothing.at.all }}",
        "{% for %}",
        "{{ 1 / 0 }}",
        "{{ " + "(" * 300 + "1" + ")" * 300 + " + " + "-" * 3000 + "1 }}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    ],
)
@pytest.mark.usefixtures("little_memory")
def test_a_template_that_misbehaves_is_stopped(source: str) -> None:
    with pytest.raises(TemplateRefused):
        rendered(source)


def test_a_template_that_only_takes_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter(range(10_000))
    monkeypatch.setattr(template_sandbox, "thread_time", lambda: next(now))
    with pytest.raises(TemplateRefused, match="10 s"):
        rendered("{% for a in range(99) %}{{ a }}{% endfor %}")


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{% for m in messages[:1] %}{{ m.role ~ ':' ~ m['content'] }}{% endfor %}", "user:hi"),
        ("{{ messages[1].content.split('</think>')[-1].lstrip('\n') | trim }}", "Hello <you>"),
        ("{% if '</think>' in messages[1].content and messages | length == 2 %}{{ bos_token }}{% endif %}", "<s>"),
        ("{{ messages[0] | tojson }}", '{"role": "user", "content": "hi"}'),
        ("{{ messages[1].content | tojson }}", '"<think>why</think>Hello <you>"'),
        ("{{ {'é': [1]} | tojson(indent=2) }}", '{\n  "é": [\n    1\n  ]\n}'),
        ("{% set ns = namespace(n=0) %}{% for m in messages %}{% set ns.n = ns.n + 2 %}{% endfor %}{{ ns.n }}", "4"),
        ("{% for k, v in messages[0].items() %}{{ k }}={{ v }};{% endfor %}", "role=user;content=hi;"),
        ("{{ messages | map(attribute='role') | join(', ') }}", "user, assistant"),
        ("{{ messages | join('+', attribute='role') }}", "user+assistant"),
        ("{{ (messages | selectattr('role', 'equalto', 'user') | list)[0].content | upper }}", "HI"),
        ("{{ messages[::-1][0].role.startswith('ass') }}{{ 'a-b' | replace('-', '+') }}", "Truea+b"),
        ("{% for m in messages if m.role == 'user' %}{% if loop.last %}{% break %}{% endif %}{% endfor %}x", "x"),
        ("{{ tools is none }}{{ absent is defined }}{{ absent | default('d') }}", "TrueFalsed"),
        ("{% for a in range(2) %}" + "long " * 20 + "{% endfor %}", "long " * 40),
        ("{% if false %}{{ 1 | nothing_like_this }}{% endif %}{{ strftime_now('%%') }}", "%"),
        ("{%- generation -%}{{ 1 }}{%- endgeneration %}", "1"),
    ],
)
def test_what_templates_are_written_with_works(source: str, text: str) -> None:
    assert rendered(source) == text


def test_every_rendering_may_make_as_much_again() -> None:
    template = SandboxedTemplate("{{ 'a' * 4000000 }}")
    for _ in range(10):
        assert len(template.render([], {})) < LONGEST_TEXT


def test_a_long_conversation_is_no_misbehaviour() -> None:
    talk = [{"role": "user", "content": "word " * 200}] * 600
    source = "{% for m in messages %}{{ '<' + m['role'] + '>' + m['content'] | trim + '</>' }}{% endfor %}"
    assert len(rendered(source, talk)) > 600_000
