"""Tables of characters as TypeScript: what characters.py and pipeline_characters.py share."""

import textwrap

CHARACTERS = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]


def ranges(characters: list[str]) -> list[str]:
    found: list[list[int]] = []
    for code in map(ord, characters):
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return [f"{first:x}" if first == last else f"{first:x}-{last:x}" for first, last in found]


def table(name: str, doc: str, entries: list[str]) -> str:
    lines = textwrap.fill(" ".join(entries), 118, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)
    return f"\n/** {doc} */\nexport const {name} = `\n{lines}\n`;\n"
