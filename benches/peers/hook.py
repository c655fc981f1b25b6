"""The same decision as `redraft hook`, as one would write it in Python: which session, is the file in it, copy it up."""
import hashlib
import json
import os
import shutil
import sys
import time

FIELDS = {"Read": "file_path", "Write": "file_path", "Edit": "file_path", "MultiEdit": "file_path"}


def root_of(cwd):
    at = cwd
    while True:
        if os.path.exists(f"{at}/redraft.json") or os.path.isdir(f"{at}/workspace/sessions"):
            return at
        if at == "/":
            return os.environ.get("CLAUDE_PROJECT_DIR", cwd)
        at = os.path.dirname(at)


def copy_up(root, session, rel, source, target):
    with open(source, "rb") as f:
        digest = hashlib.sha256(f.read()).hexdigest()
    blob = f"{root}/workspace/.redraft/peer-blobs/{digest}"
    os.makedirs(os.path.dirname(blob), exist_ok=True)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if not os.path.exists(blob):
        shutil.copy2(source, blob)
    line = {"path": rel, "op": "modified", "at": time.time(), "base": {"hash": digest}}
    with open(f"{session}/.peer-files.jsonl", "a") as f:
        f.write(json.dumps(line) + "\n")
    shutil.copy2(source, target)


def main():
    event = json.load(sys.stdin)
    tool = event.get("tool_name")
    if event.get("hook_event_name") != "PreToolUse" or tool not in FIELDS:
        return
    root = root_of(event["cwd"])
    try:
        with open(f"{root}/workspace/session.lock") as f:
            pointer = json.load(f)
    except FileNotFoundError:
        return
    name = pointer["bindings"].get(event["session_id"]) or pointer["active"]
    path = event["tool_input"][FIELDS[tool]]
    if not name or not path.startswith(root + "/"):
        return
    rel = path[len(root) + 1:]
    if not rel.startswith(("acts/", "context/")):
        return
    session = f"{root}/workspace/sessions/{name}"
    target = f"{session}/{rel}"
    answer = {"hookEventName": "PreToolUse", "updatedInput": {**event["tool_input"], FIELDS[tool]: target}}
    if not os.path.exists(target):
        if tool == "Read":
            return
        copy_up(root, session, rel, path, target)
        answer["additionalContext"] = f"The session's copy of {rel} is {target}: use that path from now on."
    json.dump({"hookSpecificOutput": answer}, sys.stdout)


main()
