//! Writes a woven text: what merged as it is, what did not between markers, each on a line of its own.
//!
//! A conflict is widened to whole lines: what stands in the same line is repeated on every side. Nothing then has to be
//! added to the text to make room for a marker, but a line break where a file has none at its end.

use super::weave::Piece;
use super::{Labels, Three};

/// The usual length of a marker.
const SIZE: usize = 7;

/// A longer run of one sign at the start of a line is an ornament that nothing takes for a marker.
const MAX_SIZE: usize = 100;

/// Writes the text and counts the places between markers.
pub(super) fn write(pieces: &[Piece<'_>], sides: Three<&[u8]>, labels: &Labels<'_>) -> (Vec<u8>, usize) {
    let mut page = Page { out: Vec::new(), open: None, n_conflicts: 0, marks: None, sides, labels };
    for piece in pieces {
        match piece {
            Piece::Agreed(text) => page.agreed(text, true),
            Piece::Alike(text) => page.agreed(text, false),
            Piece::Split(sides) => page.split(sides),
        }
    }
    page.close();
    (page.out, page.n_conflicts)
}

struct Page<'a> {
    out: Vec<u8>,
    /// The conflict that is being collected.
    open: Option<Three<Vec<u8>>>,
    n_conflicts: usize,
    /// The markers' length and line break, once there is a conflict.
    marks: Option<(usize, &'static str)>,
    sides: Three<&'a [u8]>,
    labels: &'a Labels<'a>,
}

impl Page<'_> {
    /// Writes what both sides have; the line that an open conflict ends in belongs to the conflict.
    fn agreed(&mut self, text: &[u8], in_base: bool) {
        let mut written = 0;
        if let Some(open) = &mut self.open
            && !text.is_empty()
        {
            if ends_inside_line(open) {
                written = text.iter().position(|b| *b == b'\n').map_or(text.len(), |at| at + 1);
                open.project.extend_from_slice(&text[..written]);
                open.session.extend_from_slice(&text[..written]);
                if in_base {
                    open.base.extend_from_slice(&text[..written]);
                }
            }
            if ends_inside_line(open) {
                return;
            }
            self.close();
        }
        self.out.extend_from_slice(&text[written..]);
    }

    fn split(&mut self, sides: &Three<&[u8]>) {
        let open = self.open.get_or_insert_with(|| {
            let line = self.out.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
            let begun = self.out.split_off(line);
            Three { base: begun.clone(), project: begun.clone(), session: begun }
        });
        open.base.extend_from_slice(sides.base);
        open.project.extend_from_slice(sides.project);
        open.session.extend_from_slice(sides.session);
    }

    fn close(&mut self) {
        let Some(open) = self.open.take() else { return };
        let sides = self.sides;
        let (size, _) = *self.marks.get_or_insert_with(|| (size(sides), line_break(sides)));
        self.n_conflicts += 1;
        self.mark('<', size, Some(self.labels.session));
        self.part(&open.session);
        if let Some(label) = self.labels.base {
            self.mark('|', size, Some(label));
            self.part(&open.base);
        }
        self.mark('=', size, None);
        self.part(&open.project);
        self.mark('>', size, Some(self.labels.project));
    }

    fn part(&mut self, text: &[u8]) {
        self.out.extend_from_slice(text);
        if text.last().is_some_and(|b| *b != b'\n') {
            self.line_break();
        }
    }

    fn mark(&mut self, sign: char, size: usize, label: Option<&str>) {
        self.out.extend(std::iter::repeat_n(sign as u8, size));
        if let Some(label) = label {
            self.out.push(b' ');
            self.out.extend_from_slice(label.as_bytes());
        }
        self.line_break();
    }

    fn line_break(&mut self) {
        self.out.extend_from_slice(self.marks.map_or("\n", |(_, line_break)| line_break).as_bytes());
    }
}

fn ends_inside_line(open: &Three<Vec<u8>>) -> bool {
    [&open.project, &open.session].iter().any(|part| part.last().is_some_and(|b| *b != b'\n'))
}

/// Picks a length that no line of the content can be mistaken for.
///
/// Programs that look for markers take any line that begins with seven of `<`, `>` or `|`, but of `=` only a line of
/// exactly that many: longer ones underline headings.
fn size(sides: Three<&[u8]>) -> usize {
    let mut size = SIZE;
    let mut underlines = [false; MAX_SIZE + 1];
    for line in sides.each().into_iter().flat_map(|side| side.split(|b| *b == b'\n')) {
        let Some(sign @ (b'<' | b'>' | b'|' | b'=')) = line.first() else { continue };
        let run = line.iter().take_while(|b| *b == sign).count();
        if !(SIZE..=MAX_SIZE).contains(&run) {
            continue;
        }
        if *sign == b'=' {
            underlines[run] = true;
        } else {
            size = size.max(run + 1);
        }
    }
    while underlines.get(size) == Some(&true) {
        size += 1;
    }
    size
}

/// Gives the line break that the first line has.
fn line_break(sides: Three<&[u8]>) -> &'static str {
    let first = [sides.session, sides.project, sides.base]
        .into_iter()
        .find_map(|side| side.iter().position(|b| *b == b'\n').map(|at| at > 0 && side[at - 1] == b'\r'));
    if first == Some(true) { "\r\n" } else { "\n" }
}
