"""Sections of docs/quality.md: text from one line that starts with '## ' to the next."""
import os


def split(text):
    """Sections by title, in order; what stands before the first one has the title ''."""
    found, title = {"": []}, ""
    for line in text.rstrip("\n").split("\n"):
        if line.startswith("## "):
            title = line
            found[title] = []
        found[title].append(line)
    return {t: "\n".join(lines).rstrip("\n") for t, lines in found.items()}


def merge(path, text):
    """Each section of text in place of the one with its title in the file, new ones at the end; the file's others stay."""
    old = {}
    if os.path.exists(path):
        with open(path) as f:
            old = split(f.read())
    new = {title: section for title, section in split(text).items() if section}
    with open(path, "w") as f:
        f.write("\n\n".join({**old, **new}.values()).strip("\n") + "\n")
