# The same decision as `redraft hook`, as one would write it with bash and jq: which session, is the file in it, copy it up.
event=$(cat)
IFS=$'\t' read -r kind tool cwd id file < <(
    jq -r '[.hook_event_name, .tool_name // "", .cwd, .session_id, .tool_input.file_path // ""] | @tsv' <<<"$event")
[ "$kind" = PreToolUse ] || exit 0
case $tool in Read | Write | Edit | MultiEdit) ;; *) exit 0 ;; esac
root=$cwd
until [ -e "$root/redraft.json" ] || [ -d "$root/workspace/sessions" ]; do
    [ "$root" != / ] && [ -n "$root" ] || { root=${CLAUDE_PROJECT_DIR:-$cwd} && break; }
    root=${root%/*}
done
[ -e "$root/workspace/session.lock" ] || exit 0
name=$(jq -r --arg id "$id" '.bindings[$id] // .active // ""' "$root/workspace/session.lock")
[ -n "$name" ] || exit 0
rel=${file#"$root/"}
case $rel in acts/* | context/*) ;; *) exit 0 ;; esac
session=$root/workspace/sessions/$name
target=$session/$rel
context=
if [ ! -e "$target" ]; then
    [ "$tool" != Read ] || exit 0
    digest=$(sha256sum <"$file") && digest=${digest%% *}
    blobs=$root/workspace/.redraft/peer-blobs
    mkdir -p "$blobs" "${target%/*}"
    [ -e "$blobs/$digest" ] || cp -p "$file" "$blobs/$digest"
    printf '{"path":"%s","op":"modified","at":%(%s)T,"base":{"hash":"%s"}}\n' "$rel" -1 "$digest" >>"$session/.peer-files.jsonl"
    cp -p "$file" "$target"
    context="The session's copy of $rel is $target: use that path from now on."
fi
jq -c --arg target "$target" --arg context "$context" '{hookSpecificOutput: ({hookEventName: "PreToolUse",
    updatedInput: (.tool_input + {file_path: $target})} + if $context == "" then {} else {additionalContext: $context} end)}' <<<"$event"
