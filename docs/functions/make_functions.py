#!/usr/bin/python3
"""make_functions.py -- one page per public header, from the header's own comments.

    docs/functions/make_functions.py [FOLDER]     writes the pages (default: where this file stands)

The header is the manual; nothing here adds a fact to it. tests/bindings/functions_docs.sh fails when a page is stale.
"""
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
HEADERS = os.path.join(HERE, "..", "..", "include", "genhep")
ORDER = ["genhep", "version", "error", "options", "random", "dataset", "model", "trainer", "sampler", "writer", "evaluate", "integrate"]
NOTICE = "Made by make_functions.py from include/genhep/%s; change the header, not this page."


def strip_comment(text):
    """The text inside a comment, without its stars."""
    text = re.sub(r"^/\*\*?\s?|\s*\*/$", "", text.strip())
    return "\n".join(re.sub(r"^\s*\*(?: |$)", "", line).rstrip() for line in text.split("\n")).strip()


NAME = re.compile(r"(`[^`]*`|(?<![\w./<>|*])\*?(?:[A-Za-z]\w*_\w+(?:\.\w+)?|_[A-Za-z]\w*)(?![\w/])\*?)")


def prose(text):
    """Escape what Markdown would take for markup; names become code."""
    words = NAME.split(text)
    for i, word in enumerate(words):
        if i % 2 == 0:
            words[i] = word.replace("<", "\\<").replace("*", "\\*").replace("|", "\\|")
        elif not word.startswith("`"):
            words[i] = "`%s`" % word
    return "".join(words)


def first_sentence(text):
    return re.split(r"(?<=\w[.;)])\s|@", " ".join(text.split()))[0].rstrip(";. ")


def paragraphs(text):
    """A header's opening comment: indented lines are code, the rest paragraphs."""
    out = []
    for block in re.split(r"\n\s*\n", text):
        if block.startswith("  "):
            out.append("```c\n%s\n```" % "\n".join(line[2:] for line in block.split("\n")))
        else:
            out.append(prose(block))
    return "\n\n".join(out)


def tags(text):
    """A doc comment as Markdown: text, a list of parameters, what is returned, remarks."""
    parts = re.split(r"@(param|return)\b\s*", " ".join(text.split()))
    out, items = [prose(parts[0].strip())], []
    for kind, body in zip(parts[1::2], parts[2::2]):
        body, remarks = re.split(r"\s(?=(?:Ownership|Reproducibility|Method|Since)\b)", body, maxsplit=1) \
            if re.search(r"\s(Ownership|Reproducibility|Method|Since)\b", body) else (body, "")
        body = body.strip().rstrip(";").strip()
        if kind == "param":
            name, rest = re.match(r"((?:\w+, )*\w+)\s*(.*)", body).groups()
            items.append("- `%s`: %s" % (name.replace(", ", "`, `"), prose(rest.strip())))
        else:
            items.append("- returns %s" % prose(body))
        if remarks:
            items.append("")
            items.append(prose(re.sub(r"\s(?=(?:Ownership|Reproducibility|Method|Since)\b)", "\n\n", remarks)))
    body = "\n".join(items).strip()
    return "\n\n".join(part for part in (out[0], body) if part)


def chunks(source):
    """(doc comment, code) pairs in the order of the header."""
    source = re.sub(r"#ifdef __cplusplus\n(?:extern \"C\" \{|\})\n#endif\n?", "\n", source)
    source = re.sub(r"#if defined\(__GNUC__\).*?#endif\n", "\n", source, flags=re.S)
    source = re.sub(r"^#(?:ifndef \w+_H|define \w+_H|endif|include .*)$", "", source, flags=re.M)
    for block in re.split(r"\n\s*\n", source):
        block = block.strip("\n")
        if not block.strip():
            continue
        match = re.match(r"/\*\*.*?\*/", block, flags=re.S)
        comment = strip_comment(match.group(0)) if match else ""
        yield comment, block[match.end() if match else 0:].strip("\n")


def names_of(code):
    plain = re.sub(r"/\*.*?\*/", "", code, flags=re.S)
    functions = re.findall(r"GENHEP_API[^;(]*?\b(genhep_\w+)\s*\(", plain)
    if functions:
        return functions, functions
    callback = re.search(r"typedef[^;]*\(\*(genhep_\w+)\)", plain)
    struct = re.search(r"typedef struct (genhep_\w+)", plain)
    if struct or callback:
        return [], [(struct or callback).group(1)]
    return [], re.findall(r"#define (\w+)", plain) or re.findall(r"typedef \w+ (\w+);", plain)


def page(name, index):
    with open(os.path.join(HEADERS, name + ".h")) as file:
        source = file.read()
    opening = re.match(r"/\*.*?\*/", source, flags=re.S)
    text = re.sub(r"\n?SPDX-License-Identifier:.*", "", strip_comment(opening.group(0)))
    title, _, rest = text.partition("\n")
    title = re.sub(r"^\w+\.h -- ", "", title)
    if rest and not rest.startswith("\n"):  # the first sentence goes on
        more, _, rest = rest.partition("\n\n")
        title += " " + " ".join(more.split())
    title = title[:1].upper() + title[1:]
    out = ["# %s.h" % name, "<!-- %s -->" % (NOTICE % (name + ".h")), prose(title)]
    if rest.strip():
        out.append(paragraphs(rest.strip("\n")))
    for comment, code in chunks(source[opening.end():]):
        functions, names = names_of(code)
        if not code.strip() or not names:
            continue
        heading = ", ".join("`%s`" % n for n in names[:4]) + (" ..." if len(names) > 4 else "")
        out += ["## " + heading, "```c\n%s\n```" % code]
        if comment:
            out.append(tags(comment))
        first = first_sentence(comment)
        for f in functions:
            trailing = re.search(r"\b%s\s*\([^;]*;\s*/\*\s*(.*?)\s*\*/" % f, code)
            index.append((f, name, trailing.group(1) if trailing else first))
    count = len(re.findall(r"^GENHEP_API", source, flags=re.M))
    listed = sum(1 for entry in index if entry[1] == name)
    if count != listed:
        raise SystemExit("%s.h declares %d functions, %d were understood" % (name, count, listed))
    return "\n\n".join(out) + "\n"


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else HERE
    present = sorted(f[:-2] for f in os.listdir(HEADERS) if f.endswith(".h") and not f.startswith("genhep_"))
    if present != sorted(ORDER):
        raise SystemExit("headers are %s, expected %s" % (present, sorted(ORDER)))
    index = []
    for name in ORDER:
        text = page(name, index)
        with open(os.path.join(folder, name + ".md"), "w") as file:
            file.write(text)
    lines = ["# Functions", "<!-- Made by make_functions.py from include/genhep; change the headers, not this page. -->",
             "%d functions. Every one returns a `genhep_status` ([error.h](error.md)) unless it cannot fail; arguments stand in the "
             "order handle, inputs, outputs; sizes are `int64_t`. C++, Fortran, Python and Pythia: [../BINDINGS.md](../BINDINGS.md)."
             % len(index)]
    for name in ORDER:
        rows = [entry for entry in index if entry[1] == name]
        lines.append("## [%s.h](%s.md)" % (name, name))
        if not rows:
            lines.append("Includes all the others.")
            continue
        lines.append("\n".join(["| function | |", "|---|---|"] + ["| `%s` | %s |" % (f, prose(s)) for f, _, s in rows]))
    with open(os.path.join(folder, "README.md"), "w") as file:
        file.write("\n\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
