"""Drives `redraft mcp` with the official Python SDK: every tool, every resource, both prompts.

Usage: mcp_peer.py PROGRAM PROJECT PAGE

PAGE is references/mcp.md, whose examples are called in their order. The SDK judges each structured answer by the tool's
output schema and raises when it does not fit. Prints what happened as one JSON object.
"""

import asyncio
import json
import re
import subprocess
import sys
from pathlib import Path

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client


def examples(page):
    return [json.loads(block) for block in re.findall(r"```json\n(.*?)```", page, re.S)]


async def drive(program, project, page):
    heard = []

    async def hear(message):
        heard.append(json.loads(message.model_dump_json(by_alias=True)) if hasattr(message, "model_dump_json") else str(message))

    seen = {"called": [], "refused": [], "resources": [], "prompts": []}
    server = StdioServerParameters(command=program, args=["mcp"], cwd=project)
    async with stdio_client(server) as (reading, writing):
        async with ClientSession(reading, writing, message_handler=hear) as session:
            hello = await session.initialize()
            seen["server"] = hello.server_info.name
            seen["tools"] = [tool.name for tool in (await session.list_tools()).tools]
            fingerprint = ""
            for example in examples(page):
                arguments = json.loads(json.dumps(example["arguments"]).replace("<fingerprint>", fingerprint))
                if example["name"] == "record_human_retry":
                    await session.subscribe_resource("redraft://session/status")
                    await asyncio.sleep(0.5)
                result = await session.call_tool(example["name"], arguments)
                assert not result.is_error, (example, result)
                assert result.structured_content["ok"] is True and result.content[0].text
                fingerprint = result.structured_content.get("fingerprint", fingerprint)
                seen["called"].append(example["name"])
                if example["name"] == "create_session":
                    await change(program, project)
                if example["name"] == "record_human_retry":
                    listed = (await session.list_resources()).resources
                    for resource in listed:
                        read = await session.read_resource(str(resource.uri))
                        seen["resources"].append([str(resource.uri), len(read.contents)])
                    for _ in range(100):
                        if any("notifications/resources/updated" in json.dumps(message) for message in heard):
                            break
                        await asyncio.sleep(0.1)
            for wrong in ({"name": "../../acts"}, {"name": "new", "colour": "red"}, {}):
                result = await session.call_tool("create_session", wrong)
                assert result.is_error and "Next steps" in result.content[0].text, result
                seen["refused"].append(result.structured_content["error"]["kind"])
            for name, arguments in (("session", {"command": "list"}), ("retry", {"file": "a.md", "reason": "no"})):
                prompt = await session.get_prompt(name, arguments)
                seen["prompts"].append(prompt.messages[0].content.text.splitlines()[0])
    seen["heard"] = sorted({message["method"] for message in heard if isinstance(message, dict) and "method" in message})
    return seen


async def change(program, project):
    """Changes the plan in the session as Claude Code's Write tool would, with the hook in front of it."""
    path = str(Path(project, "acts/plan.md"))
    event = {
        "session_id": "peer", "cwd": project, "hook_event_name": "PreToolUse", "tool_name": "Write",
        "tool_use_id": "t", "tool_input": {"file_path": path, "content": "new\n"},
    }
    answer = subprocess.run([program, "hook"], input=json.dumps(event), cwd=project, capture_output=True, text=True, check=True)
    Path(json.loads(answer.stdout)["hookSpecificOutput"]["updatedInput"]["file_path"]).write_text("new\n")


def main():
    program, project, page = sys.argv[1:]
    print(json.dumps(asyncio.run(drive(program, project, Path(page).read_text()))))


main()
