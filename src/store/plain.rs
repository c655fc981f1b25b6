//! JSON read by hand, where it is written plainly: as serde writes it, with every field in its place and nothing escaped.
//!
//! serde looks for each field by its name and takes each text and number through some calls; of ten thousand lines that is more
//! than all that is done with them. Whoever reads with a [`Plain`] has serde read what does not go through here: every
//! method says `None` of what it does not know, and takes nothing for JSON that is none.

/// What is still to be read of some lines.
#[derive(Debug)]
pub(crate) struct Plain<'a>(&'a [u8]);

impl<'a> Plain<'a> {
    /// Starts at a line's first byte.
    pub(crate) fn of(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Takes exactly these bytes.
    pub(crate) fn skip<const N: usize>(&mut self, text: &[u8; N]) -> Option<()> {
        let (start, rest) = self.0.split_first_chunk::<N>()?;
        (start == text).then(|| self.0 = rest)
    }

    /// Takes a text whose first quotation mark was taken, and the last one with it.
    pub(crate) fn text(&mut self) -> Option<&'a str> {
        let is_end = |b: &u8| matches!(b, b'"' | b'\\' | 0..b' ');
        let length = self.0.iter().position(is_end)?;
        let (text, rest) = self.0.split_at(length);
        self.0 = rest;
        self.skip(b"\"")?;
        std::str::from_utf8(text).ok()
    }

    /// Takes a number without a sign. What follows it is the caller's to look at.
    pub(crate) fn number(&mut self) -> Option<u64> {
        let (mut number, mut length) = (0_u64, 0);
        let digits = self.0.iter().map(|b| u64::from(b.wrapping_sub(b'0')));
        for digit in digits.take_while(|digit| *digit <= 9) {
            // Nineteen digits fit, whatever they are.
            let has_room = length < 19;
            number =
                if has_room { number * 10 + digit } else { number.checked_mul(10)?.checked_add(digit)? };
            length += 1;
        }
        // JSON has no zero before another digit.
        let is_odd = length == 0 || (length > 1 && self.0[0] == b'0');
        self.0 = &self.0[length..];
        (!is_odd).then_some(number)
    }

    /// Takes a number that may have a minus sign.
    pub(crate) fn signed(&mut self) -> Option<i64> {
        let negative = self.skip(b"-").is_some();
        match self.number()? {
            // To serde "-0" is no whole number.
            0 if negative => None,
            number if negative => 0_i64.checked_sub_unsigned(number),
            number => i64::try_from(number).ok(),
        }
    }

    /// Takes the end of an object, and of the line it is on; gives what stands behind that.
    pub(crate) fn end(mut self) -> Option<&'a [u8]> {
        self.skip(b"}")?;
        if !self.0.is_empty() {
            self.skip(b"\n")?;
        }
        Some(self.0)
    }
}

/// Paths of every kind that a line may have, plain ones and such as are escaped, for the tests of those who read lines.
#[cfg(test)]
pub(crate) const ODD_PATHS: [&[u8]; 10] = [
    b"a",
    b"acts/part 1/scene.md",
    "acts/\u{441}\u{446}\u{435}\u{43d}\u{430} \u{1f3ad}.md".as_bytes(),
    b"acts/\xff\xfe.md",
    b"a\"b",
    b"a\\b",
    b"a\nb\x01\x1f",
    b"a\x7fb",
    "\u{2028}/\u{feff}".as_bytes(),
    b"a,b:{}[]\"",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_serde_reads_them() {
        for text in [
            "0",
            "1",
            "10",
            "01",
            "00",
            "-0",
            "-1",
            "-01",
            "--1",
            "-",
            "",
            "+1",
            "1.0",
            "1e3",
            "9223372036854775807",
            "9223372036854775808",
            "-9223372036854775808",
            "-9223372036854775809",
            "18446744073709551615",
            "18446744073709551616",
            "99999999999999999999999",
        ] {
            let mut plain = Plain::of(text.as_bytes());
            let (number, whole) = (plain.number(), plain.0.is_empty());
            assert_eq!(number.filter(|_| whole), serde_json::from_str(text).ok(), "{text}");
            let mut plain = Plain::of(text.as_bytes());
            let (number, whole) = (plain.signed(), plain.0.is_empty());
            assert_eq!(number.filter(|_| whole), serde_json::from_str(text).ok(), "{text}");
        }
    }

    #[test]
    fn a_text_is_what_serde_reads_or_nothing() {
        for text in ["", "a", "a b/\u{e9}.md", "a\u{7f}b", "\u{2028}", "a\\nb", "a\nb", "a\u{0}", "a\\"] {
            let quoted = format!("{text}\"");
            let read = Plain::of(quoted.as_bytes()).text().map(str::to_string);
            let by_serde = serde_json::from_str::<String>(&format!("\"{quoted}")).ok();
            assert!(read.is_none() || read == by_serde, "{text:?}: {read:?}");
            assert_eq!(read.is_some(), !text.contains(['\\', '\n', '\0']), "{text:?}");
        }
        assert_eq!(Plain::of(b"\xff\"").text(), None);
        assert_eq!(Plain::of(b"no end").text(), None);
    }
}
