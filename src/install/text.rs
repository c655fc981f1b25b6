//! Changes a JSON text so that it says something new and every byte that need not change stays.
//!
//! Settings are written by people and kept in version control: an installation must show as the lines it added, and
//! taking it out must give the old bytes back. So the new value is not serialised; the text is scanned into spans, the
//! old and the new value are compared, and only what differs is cut out or put in, in the style found around it.
//!
//! What is always true: parsing the result gives the new value (checked at the end); appending to a container and
//! removing that again gives the same bytes. Pure; the text must already have been parsed as JSON.

use std::ops::Range;

use serde::Serialize as _;
use serde_json::{Map, Value};

use crate::error::{Error, Kind, Result};

/// Gives a text that says `new` and differs from `text` (which says `old`) only where the two values do.
pub(crate) fn rewrite(text: &str, old: &Value, new: &Value) -> Result<String> {
    let root = Scanner { bytes: text.as_bytes(), at: 0 }.value();
    let mut editor = Editor { text, style: Style::of(text), edits: Vec::new() };
    editor.change(&root, old, new)?;
    let result = editor.finish();
    match serde_json::from_str::<Value>(&result) {
        Ok(said) if said == *new => Ok(result),
        _ => Err(Error::new(
            Kind::Bug,
            "the changed settings do not say what they should; nothing was written",
        )),
    }
}

/// Serialises a value the way Claude Code writes its settings.
pub(crate) fn pretty(value: &Value) -> String {
    Style { newline: "\n", unit: "  ".into(), multiline: true }.lay_out(value, "") + "\n"
}

/// A value of the text and where it stands.
struct Node {
    span: Range<usize>,
    shape: Shape,
}

/// What a node is made of.
enum Shape {
    Object(Vec<Member>),
    Array(Vec<Node>),
    Scalar,
}

/// One member of an object; it starts at its key's quotation mark.
struct Member {
    key: String,
    start: usize,
    value: Node,
}

/// Finds the spans in a text that is known to be JSON.
struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Scanner<'_> {
    fn value(&mut self) -> Node {
        self.space();
        let start = self.at;
        let shape = match self.peek() {
            b'{' => self.object(),
            b'[' => self.array(),
            b'"' => {
                self.string();
                Shape::Scalar
            }
            _ => {
                while !matches!(self.peek(), b',' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n' | 0) {
                    self.at += 1;
                }
                Shape::Scalar
            }
        };
        Node { span: start..self.at, shape }
    }

    fn object(&mut self) -> Shape {
        let mut members = Vec::new();
        while self.next_item(b'}') {
            let start = self.at;
            self.string();
            let key = serde_json::from_slice(&self.bytes[start..self.at]).unwrap_or_default();
            self.space();
            self.at += 1; // the colon
            members.push(Member { key, start, value: self.value() });
        }
        Shape::Object(members)
    }

    fn array(&mut self) -> Shape {
        let mut items = Vec::new();
        while self.next_item(b']') {
            items.push(self.value());
        }
        Shape::Array(items)
    }

    /// Steps over the bracket or comma to the next item; false, and past the end, when the container closes.
    fn next_item(&mut self, close: u8) -> bool {
        self.space();
        if self.peek() != close {
            self.at += 1; // the opening bracket, or a comma
            self.space();
        }
        let more = self.peek() != close && self.peek() != 0;
        if !more {
            self.at += 1;
        }
        more
    }

    fn string(&mut self) {
        self.at += 1;
        while !matches!(self.peek(), b'"' | 0) {
            self.at += if self.peek() == b'\\' { 2 } else { 1 };
        }
        self.at += 1;
    }

    fn space(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\r' | b'\n') {
            self.at += 1;
        }
    }

    /// Gives the byte under the cursor, or 0 at the end.
    fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }
}

/// How the text is laid out.
struct Style {
    newline: &'static str,
    unit: String,
    multiline: bool,
}

impl Style {
    fn of(text: &str) -> Self {
        let indented = text.lines().find(|l| l.starts_with([' ', '\t']) && !l.trim().is_empty());
        let unit = match indented {
            Some(line) if line.starts_with('\t') => "\t".to_string(),
            Some(line) => " ".repeat(line.len() - line.trim_start_matches(' ').len()),
            None => "  ".to_string(),
        };
        let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
        Self { newline, unit, multiline: text.trim().contains('\n') }
    }

    /// Serialises over several lines; `base` is the indentation of the line it starts on.
    fn lay_out(&self, value: &Value, base: &str) -> String {
        let mut bytes = Vec::new();
        let formatter = serde_json::ser::PrettyFormatter::with_indent(self.unit.as_bytes());
        let done = value.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, formatter));
        debug_assert!(done.is_ok(), "a value always serialises");
        String::from_utf8_lossy(&bytes).replace('\n', &format!("{}{base}", self.newline))
    }
}

/// The cuts and insertions collected while two values are compared.
struct Editor<'a> {
    text: &'a str,
    style: Style,
    edits: Vec<(Range<usize>, String)>,
}

impl Editor<'_> {
    fn change(&mut self, node: &Node, old: &Value, new: &Value) -> Result<()> {
        match (&node.shape, old, new) {
            _ if old == new => Ok(()),
            (Shape::Object(members), Value::Object(old), Value::Object(new)) => {
                self.change_object(node, members, old, new)
            }
            (Shape::Array(items), Value::Array(old), Value::Array(new)) => {
                self.change_array(node, items, old, new)
            }
            _ => {
                self.replace(node, new);
                Ok(())
            }
        }
    }

    fn change_object(
        &mut self,
        node: &Node,
        members: &[Member],
        old: &Map<String, Value>,
        new: &Map<String, Value>,
    ) -> Result<()> {
        if members.len() != old.len() {
            let twice = members.iter().find(|m| members.iter().filter(|o| o.key == m.key).count() > 1);
            let key = twice.map_or("a key", |m| m.key.as_str());
            return Err(Error::refused(format!("\"{key}\" stands twice in the same object of the settings"))
                .hint("remove one of the two, then run the command again"));
        }
        let mut spans = Vec::new();
        let mut gone = Vec::new();
        for member in members {
            spans.push(member.start..member.value.span.end);
            gone.push(!new.contains_key(&member.key));
            if let (Some(was), Some(is)) = (old.get(&member.key), new.get(&member.key)) {
                self.change(&member.value, was, is)?;
            }
        }
        let added: Vec<_> = new.iter().filter(|(key, _)| !old.contains_key(*key)).collect();
        self.splice(node, &spans, &gone, added.len(), |style, i, base| {
            let (key, value) = added[i];
            let (colon, value) = match base {
                Some(base) => (": ", style.lay_out(value, base)),
                None => (":", value.to_string()),
            };
            format!("{}{colon}{value}", Value::from(key.as_str()))
        });
        Ok(())
    }

    fn change_array(&mut self, node: &Node, items: &[Node], old: &[Value], new: &[Value]) -> Result<()> {
        let prefix = old.iter().zip(new).take_while(|(a, b)| a == b).count();
        let suffix =
            old[prefix..].iter().rev().zip(new[prefix..].iter().rev()).take_while(|(a, b)| a == b).count();
        let (was, is) = (&old[prefix..old.len() - suffix], &new[prefix..new.len() - suffix]);
        if was.len() == is.len() {
            for (i, (was, is)) in was.iter().zip(is).enumerate() {
                self.change(&items[prefix + i], was, is)?;
            }
            return Ok(());
        }
        let gone = dropped(was, is);
        let added = &is[gone.iter().filter(|g| !**g).count()..];
        if suffix > 0 && !added.is_empty() {
            self.replace(node, &Value::Array(new.to_vec()));
            return Ok(());
        }
        let spans: Vec<_> = items.iter().map(|item| item.span.clone()).collect();
        let gone: Vec<_> =
            (0..items.len()).map(|i| i >= prefix && gone.get(i - prefix) == Some(&true)).collect();
        self.splice(node, &spans, &gone, added.len(), |style, i, base| match base {
            Some(base) => style.lay_out(&added[i], base),
            None => added[i].to_string(),
        });
        Ok(())
    }

    fn replace(&mut self, node: &Node, new: &Value) {
        let base = self.indent_at(node.span.start);
        let text = if self.style.multiline { self.style.lay_out(new, &base) } else { new.to_string() };
        self.edits.push((node.span.clone(), text));
    }

    /// Cuts out the items marked as gone and appends `n_added` new ones; `render` gets the indentation of the line it
    /// writes on, or nothing when all stands on one line.
    fn splice(
        &mut self,
        node: &Node,
        items: &[Range<usize>],
        gone: &[bool],
        n_added: usize,
        render: impl Fn(&Style, usize, Option<&str>) -> String,
    ) {
        let (open, close) = (node.span.start + 1, node.span.end - 1);
        let last_kept = gone.iter().rposition(|g| !g);
        let model = last_kept.or(items.len().checked_sub(1));
        let lead = match model {
            Some(i) => {
                let before = if i == 0 { open } else { items[i - 1].end };
                self.text[before..items[i].start].rsplit(',').next().unwrap_or_default().to_string()
            }
            None if self.style.multiline || node.span.start == self.root_start() => {
                format!("{}{}{}", self.style.newline, self.indent_at(node.span.start), self.style.unit)
            }
            None => String::new(),
        };
        let base = lead.rfind('\n').map(|i| lead[i + 1..].to_string());
        let added: Vec<_> = (0..n_added).map(|i| render(&self.style, i, base.as_deref())).collect();
        match (last_kept, items.first(), items.last()) {
            (Some(last), ..) => self.cut_and_append(items, gone, last, &lead, &added),
            (None, Some(first), Some(end)) if !added.is_empty() => {
                self.edits.push((first.start..end.end, added.join(&format!(",{lead}"))));
            }
            (None, Some(first), Some(end)) => self.empty(first.start..end.end, open, close),
            (None, ..) if !added.is_empty() => {
                let after = base
                    .map(|_| format!("{}{}", self.style.newline, self.indent_at(node.span.start)))
                    .unwrap_or_default();
                self.edits.push((open..open, format!("{lead}{}{after}", added.join(&format!(",{lead}")))));
            }
            (None, ..) => {}
        }
    }

    fn cut_and_append(
        &mut self,
        items: &[Range<usize>],
        gone: &[bool],
        last_kept: usize,
        lead: &str,
        added: &[String],
    ) {
        let first_kept = gone.iter().position(|g| !g).unwrap_or(last_kept);
        if first_kept > 0 {
            self.edits.push((items[0].start..items[first_kept].start, String::new()));
        }
        for i in (first_kept + 1..items.len()).filter(|i| gone[*i]) {
            self.edits.push((items[i - 1].end..items[i].end, String::new()));
        }
        let end = items[last_kept].end;
        self.edits.extend(added.iter().map(|text| (end..end, format!(",{lead}{text}"))));
    }

    /// Cuts out everything a container holds, and the line breaks that came with it.
    ///
    /// What was put in began with a line break, the container's indentation and one step, and was followed by the same
    /// without the step, then by what had been there. The step is read off the item itself: the text around it may
    /// have another one.
    fn empty(&mut self, items: Range<usize>, open: usize, close: usize) {
        let before = &self.text[open..items.start];
        let inside = self.text[items.clone()].split('\n').nth(1).unwrap_or_default();
        let inside = &inside[..inside.len() - inside.trim_start_matches([' ', '\t']).len()];
        let base = before.rsplit('\n').next().unwrap_or_default();
        let step = inside.strip_prefix(base).unwrap_or(&self.style.unit);
        let ours = before.strip_suffix(step).filter(|ours| !ours.is_empty());
        let rest = &self.text[items.end..close];
        let keep = match ours.and_then(|ours| rest.strip_prefix(ours)) {
            Some(keep) => keep,
            None if before.is_empty() => rest,
            None => "",
        };
        self.edits.push((open..close, keep.to_string()));
    }

    /// Gives the indentation of the line a position is on.
    fn indent_at(&self, at: usize) -> String {
        let line = self.text[..at].rfind('\n').map_or(0, |i| i + 1);
        self.text[line..at].chars().take_while(|c| matches!(c, ' ' | '\t')).collect()
    }

    fn root_start(&self) -> usize {
        self.text.len() - self.text.trim_start_matches([' ', '\t', '\r', '\n']).len()
    }

    fn finish(mut self) -> String {
        self.edits.sort_by_key(|(range, _)| (range.start, range.end));
        let mut result = String::with_capacity(self.text.len() + 4096);
        let mut at = 0;
        for (range, text) in &self.edits {
            result.push_str(&self.text[at..range.start]);
            result.push_str(text);
            at = range.end;
        }
        result.push_str(&self.text[at..]);
        result
    }
}

/// Tells which of `was` to drop so that what stays is the beginning of `is`.
fn dropped(was: &[Value], is: &[Value]) -> Vec<bool> {
    let mut kept = 0;
    let gone = was.iter().map(|item| {
        let stays = is.get(kept) == Some(item);
        kept += usize::from(stays);
        !stays
    });
    gone.collect()
}

#[cfg(test)]
#[path = "text_tests.rs"]
mod tests;
