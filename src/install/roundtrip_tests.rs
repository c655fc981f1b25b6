//! The promise of `uninstall`, on thousands of settings texts that nobody would write by hand: in and out again gives
//! the same bytes, and going in a second time changes nothing.

use serde_json::Value;

use super::merge::{Wanted, merge_in, take_out};
use super::table::EVENTS;
use super::text::rewrite;

const N_TEXTS: u64 = 4_000;
const SPACES: [&str; 8] = ["", "", "", " ", "\n", "\n  ", "\r\n\t", " \n\n "];
const STRINGS: [&str; 6] =
    [r#""""#, r#""x""#, r#""\u00e9\"}""#, r#"",]{""#, r#""ключ""#, r#""redraft hookless""#];
const NUMBERS: [&str; 4] = ["0", "-1.50", "1e3", "10000000000"];

/// A small deterministic generator (xorshift): a failing number can be run again.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn of(&mut self, choices: &[&'static str]) -> &'static str {
        choices[self.roll(choices.len())]
    }

    fn space(&mut self) -> &'static str {
        self.of(&SPACES)
    }

    /// Writes a container with random space around everything.
    fn wrap(&mut self, brackets: (char, char), items: &[String]) -> String {
        let mut text = brackets.0.to_string();
        for (i, item) in items.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            let (before, after) = (self.space(), self.space());
            text.extend([comma, before, item.as_str(), after]);
        }
        if items.is_empty() {
            text += self.space();
        }
        text.push(brackets.1);
        text
    }

    fn member(&mut self, key: &str, value: &str) -> String {
        let (before, after) = (self.space(), self.space());
        format!("{key}{before}:{after}{value}")
    }

    fn value(&mut self, depth: usize) -> String {
        match self.roll(if depth == 0 { 3 } else { 5 }) {
            0 => self.of(&STRINGS).into(),
            1 => self.of(&NUMBERS).into(),
            2 => self.of(&["true", "false", "null"]).into(),
            3 => {
                let items: Vec<_> = (0..self.roll(4)).map(|_| self.value(depth - 1)).collect();
                self.wrap(('[', ']'), &items)
            }
            _ => {
                let n = self.roll(4);
                let items: Vec<_> = (0..n)
                    .map(|i| {
                        let value = self.value(depth - 1);
                        self.member(&format!("\"k{i}\""), &value)
                    })
                    .collect();
                self.wrap(('{', '}'), &items)
            }
        }
    }

    fn group(&mut self) -> String {
        let handlers: Vec<_> = (0..self.roll(3))
            .map(|_| {
                let command = self.of(&STRINGS);
                let members = [self.member("\"type\"", "\"command\""), self.member("\"command\"", command)];
                self.wrap(('{', '}'), &members)
            })
            .collect();
        let handlers = self.wrap(('[', ']'), &handlers);
        let mut members = vec![self.member("\"hooks\"", &handlers)];
        if self.roll(2) == 0 {
            members.insert(0, self.member("\"matcher\"", "\"Bash\""));
        }
        self.wrap(('{', '}'), &members)
    }

    fn hooks(&mut self) -> String {
        let mut members = Vec::new();
        for name in EVENTS.iter().map(|event| event.name).chain(["Notification"]) {
            if self.roll(4) == 0 {
                let groups: Vec<_> = (0..self.roll(3)).map(|_| self.group()).collect();
                let groups = self.wrap(('[', ']'), &groups);
                members.push(self.member(&format!("\"{name}\""), &groups));
            }
        }
        self.wrap(('{', '}'), &members)
    }

    fn settings(&mut self) -> String {
        let mut members = Vec::new();
        for i in 0..self.roll(3) {
            let value = self.value(3);
            members.push(self.member(&format!("\"a{i}\""), &value));
        }
        if self.roll(3) > 0 {
            let hooks = self.hooks();
            members.push(self.member("\"hooks\"", &hooks));
        }
        if self.roll(3) == 0 {
            let items: Vec<_> =
                (0..self.roll(3)).map(|i| self.member(&format!("\"E{i}\""), "\"x\"")).collect();
            let env = self.wrap(('{', '}'), &items);
            members.push(self.member("\"env\"", &env));
        }
        if self.roll(2) == 0 {
            let value = self.value(2);
            members.push(self.member("\"z\"", &value));
        }
        let (before, after) = (self.space(), self.space());
        format!("{before}{}{after}", self.wrap(('{', '}'), &members))
    }
}

#[test]
fn in_and_out_again_gives_the_same_bytes() {
    for seed in 1..=N_TEXTS {
        let text = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15)).settings();
        let old: Value = serde_json::from_str(&text).unwrap();
        let wanted = Wanted {
            command: "/opt/redraft",
            earlier: None,
            statusline: seed % 2 == 0,
            prefix: (seed % 3 > 0).then_some("/a b/redraft -c"),
            made: &[],
        };
        let merged = merge_in(&old, wanted).unwrap();
        let there = rewrite(&text, &old, &merged.settings).unwrap();

        let read: Value = serde_json::from_str(&there).unwrap();
        let again = merge_in(&read, Wanted { made: &merged.made, ..wanted }).unwrap();
        assert_eq!(rewrite(&there, &read, &again.settings).unwrap(), there, "text {seed}: {text:?}");
        assert_eq!(again.made, merged.made, "text {seed}: {text:?}");

        let taken = take_out(&read, None, &merged.made);
        assert_eq!(rewrite(&there, &read, &taken.settings).unwrap(), text, "text {seed}");
    }
}
