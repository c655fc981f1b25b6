// The same decision as `redraft hook`, as one would write it for node: which session, is the file in it, copy it up.
const fs = require("fs");
const path = require("path");

const FIELDS = { Read: "file_path", Write: "file_path", Edit: "file_path", MultiEdit: "file_path" };

function rootOf(cwd) {
  for (let at = cwd; ; at = path.dirname(at)) {
    if (fs.existsSync(`${at}/redraft.json`) || fs.existsSync(`${at}/workspace/sessions`)) return at;
    if (at === "/") return process.env.CLAUDE_PROJECT_DIR || cwd;
  }
}

function copyUp(root, session, rel, source, target) {
  const digest = require("crypto").createHash("sha256").update(fs.readFileSync(source)).digest("hex");
  const blob = `${root}/workspace/.redraft/peer-blobs/${digest}`;
  fs.mkdirSync(path.dirname(blob), { recursive: true });
  fs.mkdirSync(path.dirname(target), { recursive: true });
  if (!fs.existsSync(blob)) fs.copyFileSync(source, blob);
  const line = { path: rel, op: "modified", at: new Date().toISOString(), base: { hash: digest } };
  fs.appendFileSync(`${session}/.peer-files.jsonl`, JSON.stringify(line) + "\n");
  fs.copyFileSync(source, target);
}

function main() {
  const event = JSON.parse(fs.readFileSync(0, "utf8"));
  const field = FIELDS[event.tool_name];
  if (event.hook_event_name !== "PreToolUse" || !field) return;
  const root = rootOf(event.cwd);
  let pointer;
  try {
    pointer = JSON.parse(fs.readFileSync(`${root}/workspace/session.lock`, "utf8"));
  } catch {
    return;
  }
  const name = pointer.bindings[event.session_id] || pointer.active;
  const file = event.tool_input[field];
  if (!name || !file.startsWith(root + "/")) return;
  const rel = file.slice(root.length + 1);
  if (!rel.startsWith("acts/") && !rel.startsWith("context/")) return;
  const session = `${root}/workspace/sessions/${name}`;
  const target = `${session}/${rel}`;
  const answer = { hookEventName: "PreToolUse", updatedInput: { ...event.tool_input, [field]: target } };
  if (!fs.existsSync(target)) {
    if (event.tool_name === "Read") return;
    copyUp(root, session, rel, file, target);
    answer.additionalContext = `The session's copy of ${rel} is ${target}: use that path from now on.`;
  }
  process.stdout.write(JSON.stringify({ hookSpecificOutput: answer }));
}

main();
