//! BLAKE3 of what is short, without asking the processor what it can do.
//!
//! The crate asks (`cpuid`) before it hashes its first byte, and takes the widest instructions there are. Under a hypervisor
//! each question is a trap: 25 µs for the three here, and its code lies apart from the hook's. Half a chapter is hashed in
//! less with what every processor of the target has. So the first texts of a process are hashed here, which is all that most
//! hooks ever hash; whoever hashes more has the crate.
//!
//! The algorithm is that of the BLAKE3 paper: chunks of 1,024 bytes, blocks of 64, a binary tree over the chunks. Chunks
//! do not depend on each other, so sixteen of them are hashed side by side: what is done to a word of one is done to the same
//! word of all. A test holds it against the crate at every length that comes here.

use std::sync::atomic::{AtomicUsize, Ordering};

/// The longest text that is hashed here, in bytes: half of where the crate is as fast in spite of its questions, for they cost
/// little where there is no hypervisor. It has them on this architecture only.
pub(super) const LONGEST: usize = if cfg!(target_arch = "x86_64") { 32 * 1024 } else { 8 * 1024 };

/// After so many bytes the questions are worth it.
const ENOUGH: usize = 32 * 1024;

const CHUNK: usize = 1024;
const BLOCK: usize = 64;

/// How many chunks are hashed side by side.
const LANES: usize = 16;

/// From so many chunks on it is worth it: it takes as long as seven one after the other, however few there are.
const ENOUGH_LANES: usize = 8;

/// The most chunks that a text has here.
const CHUNKS: usize = LONGEST / CHUNK;

const CHUNK_START: u32 = 1;
const CHUNK_END: u32 = 2;
const PARENT: u32 = 4;
const ROOT: u32 = 8;

/// A chaining value: what stands for a chunk or a part of the tree.
type Value = [u32; 8];

const START: Value =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// In which order each round takes the words of a block.
const ORDER: [[usize; 16]; 7] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8],
    [3, 4, 10, 12, 13, 2, 7, 14, 6, 5, 9, 0, 11, 15, 8, 1],
    [10, 7, 12, 9, 14, 3, 13, 15, 4, 0, 11, 2, 5, 8, 1, 6],
    [12, 13, 9, 11, 15, 10, 14, 8, 7, 2, 5, 3, 0, 1, 6, 4],
    [9, 14, 11, 5, 8, 12, 15, 1, 13, 3, 0, 10, 2, 6, 4, 7],
    [11, 15, 5, 0, 1, 9, 8, 6, 14, 10, 2, 12, 3, 4, 7, 13],
];

/// Hashes a text, if it is short and this process has not hashed much yet.
pub(super) fn hash(bytes: &[u8]) -> Option<[u8; 32]> {
    may_hash(bytes.len()).then(|| of(bytes))
}

/// Tells whether a text of this length is hashed here, and counts it.
fn may_hash(length: usize) -> bool {
    static HASHED: AtomicUsize = AtomicUsize::new(0);
    let short = length <= LONGEST && HASHED.load(Ordering::Relaxed) < ENOUGH;
    if short {
        HASHED.fetch_add(length, Ordering::Relaxed);
    }
    short
}

fn of(bytes: &[u8]) -> [u8; 32] {
    if bytes.len() <= CHUNK {
        return as_bytes(&chunk(bytes, 0, ROOT));
    }
    let mut leaves = Leaves::default();
    leaves.add(bytes);
    leaves.hash()
}

/// The values of a text's chunks so far: the text may come in pieces.
pub(super) struct Leaves {
    values: [Value; CHUNKS],
    number: usize,
}

impl Default for Leaves {
    fn default() -> Self {
        Self { values: [[0; 8]; CHUNKS], number: 0 }
    }
}

impl Leaves {
    /// Takes a text of this length, if it is one that is hashed here. It must come to more than one chunk.
    pub(super) fn for_text(length: usize) -> Option<Self> {
        (length > CHUNK && may_hash(length)).then(Self::default)
    }

    /// Adds a piece. All but the last are whole chunks; what is more than the longest text is not taken.
    pub(super) fn add(&mut self, piece: &[u8]) {
        for some in piece.chunks(LANES * CHUNK) {
            let whole = some.len() / CHUNK;
            let at_once = if whole >= ENOUGH_LANES { whole } else { 0 };
            let (many, rest) = some.split_at(at_once * CHUNK);
            if at_once > 0 {
                chunks(many, self.number()).iter().take(at_once).for_each(|value| self.push(*value));
            }
            for one in rest.chunks(CHUNK) {
                self.push(chunk(one, self.number(), 0));
            }
        }
    }

    /// Gives the hash of the whole text.
    pub(super) fn hash(&self) -> [u8; 32] {
        as_bytes(&tree(&self.values[..self.number], ROOT))
    }

    fn number(&self) -> u32 {
        u32::try_from(self.number).unwrap_or(u32::MAX)
    }

    fn push(&mut self, value: Value) {
        if let Some(place) = self.values.get_mut(self.number) {
            *place = value;
            self.number += 1;
        }
    }
}

fn as_bytes(value: &Value) -> [u8; 32] {
    let mut hash = [0; 32];
    for (place, word) in hash.chunks_exact_mut(4).zip(value) {
        place.copy_from_slice(&word.to_le_bytes());
    }
    hash
}

/// Gives the value of a part of the tree over these leaves; `root` is set for all of it.
fn tree(leaves: &[Value], root: u32) -> Value {
    match leaves {
        [] => START,
        [one] => *one,
        _ => {
            // The left part is the largest power of two of chunks that leaves something for the right one.
            let (one, two) = leaves.split_at(1 << (leaves.len() - 1).ilog2());
            let mut block = [0; 16];
            block[..8].copy_from_slice(&tree(one, 0));
            block[8..].copy_from_slice(&tree(two, 0));
            compress(START, &block, 0, BLOCK, PARENT | root)
        }
    }
}

fn chunk(bytes: &[u8], number: u32, root: u32) -> Value {
    let mut value = START;
    let mut flags = CHUNK_START;
    let mut rest = bytes;
    while rest.len() > BLOCK {
        let (block, after) = rest.split_at(BLOCK);
        value = compress(value, &words(block), number, BLOCK, flags);
        (flags, rest) = (0, after);
    }
    let mut last = [0; BLOCK];
    last[..rest.len()].copy_from_slice(rest);
    compress(value, &words(&last), number, rest.len(), flags | CHUNK_END | root)
}

fn words(block: &[u8]) -> [u32; 16] {
    let mut words = [0; 16];
    for (word, bytes) in words.iter_mut().zip(block.as_chunks::<4>().0) {
        *word = u32::from_le_bytes(*bytes);
    }
    words
}

fn compress(value: Value, block: &[u32; 16], number: u32, length: usize, flags: u32) -> Value {
    let mut state = [0; 16];
    state[..8].copy_from_slice(&value);
    state[8..12].copy_from_slice(&START[..4]);
    state[12..].copy_from_slice(&[number, 0, u32::try_from(length).unwrap_or(0), flags]);
    round::<0>(&mut state, block);
    round::<1>(&mut state, block);
    round::<2>(&mut state, block);
    round::<3>(&mut state, block);
    round::<4>(&mut state, block);
    round::<5>(&mut state, block);
    round::<6>(&mut state, block);
    std::array::from_fn(|nth| state[nth] ^ state[nth + 8])
}

/// The same word of each of the chunks that are hashed side by side.
type Row = [u32; LANES];

/// Gives the values of as many chunks side by side, the first of this number; none of them is all of a text. Where there are
/// fewer chunks, what stands for the others is of no use.
fn chunks(bytes: &[u8], number: u32) -> [Value; LANES] {
    let numbers: Row = std::array::from_fn(|lane| number + u32::try_from(lane).unwrap_or(0));
    let length = u32::try_from(BLOCK).unwrap_or(0);
    let mut value = START.map(|word| [word; LANES]);
    for at in (0..CHUNK).step_by(BLOCK) {
        let flags = match at {
            0 => CHUNK_START,
            _ if at + BLOCK == CHUNK => CHUNK_END,
            _ => 0,
        };
        let mut block = [[0; LANES]; 16];
        for (lane, chunk) in bytes.chunks_exact(CHUNK).take(LANES).enumerate() {
            for (row, word) in block.iter_mut().zip(words(&chunk[at..at + BLOCK])) {
                row[lane] = word;
            }
        }
        let mut state = [[0; LANES]; 16];
        state[..8].copy_from_slice(&value);
        state[8..12].copy_from_slice(&START.map(|word| [word; LANES])[..4]);
        state[12..].copy_from_slice(&[numbers, [0; LANES], [length; LANES], [flags; LANES]]);
        for order in &ORDER {
            round_of_rows(&mut state, &block, order);
        }
        for (nth, row) in value.iter_mut().enumerate() {
            for (lane, word) in row.iter_mut().enumerate() {
                *word = state[nth][lane] ^ state[nth + 8][lane];
            }
        }
    }
    std::array::from_fn(|lane| std::array::from_fn(|nth| value[nth][lane]))
}

/// Mixes the rows of a block into those of the state: its columns, then its diagonals.
#[expect(clippy::many_single_char_names, reason = "as the words of the state are called in the paper")]
fn round_of_rows(state: &mut [Row; 16], block: &[Row; 16], order: &[usize; 16]) {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = state;
    let row = |nth: usize| &block[order[nth]];
    mix_rows([a, e, i, m], row(0), row(1));
    mix_rows([b, f, j, n], row(2), row(3));
    mix_rows([c, g, k, o], row(4), row(5));
    mix_rows([d, h, l, p], row(6), row(7));
    mix_rows([a, f, k, p], row(8), row(9));
    mix_rows([b, g, l, m], row(10), row(11));
    mix_rows([c, h, i, n], row(12), row(13));
    mix_rows([d, e, j, o], row(14), row(15));
}

/// Mixes two rows into four: a loop that compilers make vector instructions of, as it is long enough to be kept one.
fn mix_rows([a, b, c, d]: [&mut Row; 4], one: &Row, two: &Row) {
    for lane in 0..LANES {
        [a[lane], b[lane], c[lane], d[lane]] =
            mix([a[lane], b[lane], c[lane], d[lane]], one[lane], two[lane]);
    }
}

/// Mixes a block into the state: its columns, then its diagonals.
#[inline]
#[expect(clippy::many_single_char_names, reason = "as the words of the state are called in the paper")]
fn round<const NTH: usize>(state: &mut [u32; 16], block: &[u32; 16]) {
    let [
        mut a,
        mut b,
        mut c,
        mut d,
        mut e,
        mut f,
        mut g,
        mut h,
        mut i,
        mut j,
        mut k,
        mut l,
        mut m,
        mut n,
        mut o,
        mut p,
    ] = *state;
    // As a constant, the order costs nothing.
    let word = |nth: usize| block[ORDER[NTH][nth]];
    [a, e, i, m] = mix([a, e, i, m], word(0), word(1));
    [b, f, j, n] = mix([b, f, j, n], word(2), word(3));
    [c, g, k, o] = mix([c, g, k, o], word(4), word(5));
    [d, h, l, p] = mix([d, h, l, p], word(6), word(7));
    [a, f, k, p] = mix([a, f, k, p], word(8), word(9));
    [b, g, l, m] = mix([b, g, l, m], word(10), word(11));
    [c, h, i, n] = mix([c, h, i, n], word(12), word(13));
    [d, e, j, o] = mix([d, e, j, o], word(14), word(15));
    *state = [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p];
}

#[inline]
fn mix([mut a, mut b, mut c, mut d]: [u32; 4], one: u32, two: u32) -> [u32; 4] {
    a = a.wrapping_add(b).wrapping_add(one);
    d = (d ^ a).rotate_right(16);
    c = c.wrapping_add(d);
    b = (b ^ c).rotate_right(12);
    a = a.wrapping_add(b).wrapping_add(two);
    d = (d ^ a).rotate_right(8);
    c = c.wrapping_add(d);
    b = (b ^ c).rotate_right(7);
    [a, b, c, d]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text() -> Vec<u8> {
        (0..LONGEST).map(|n| u8::try_from((n * n / 7 + n) % 251).unwrap()).collect()
    }

    #[test]
    fn every_length_that_comes_here_is_hashed_as_the_crate_does() {
        let text = text();
        // Every length of a few chunks, and those about each chunk's and each block's end.
        let at_an_end = |length: &usize| length % BLOCK <= 1 || length % CHUNK > CHUNK - 2;
        for length in (0..=LONGEST).filter(|length| *length <= 9 * CHUNK || at_an_end(length)) {
            let bytes = &text[LONGEST - length..];
            assert_eq!(of(bytes), *blake3::hash(bytes).as_bytes(), "{length} bytes");
        }
    }

    #[test]
    fn a_text_in_pieces_has_the_hash_of_the_whole() {
        let text = text();
        let lengths = [CHUNK + 1, 2 * CHUNK, 7 * CHUNK, 16 * CHUNK, 16 * CHUNK + 1, 33 * CHUNK + 7, LONGEST];
        for length in lengths.into_iter().filter(|length| *length <= LONGEST) {
            for piece in [CHUNK, 3 * CHUNK, 16 * CHUNK] {
                let mut leaves = Leaves::default();
                text[..length].chunks(piece).for_each(|piece| leaves.add(piece));
                assert_eq!(leaves.hash(), *blake3::hash(&text[..length]).as_bytes(), "{length} by {piece}");
            }
        }
    }

    #[test]
    fn who_hashes_much_has_the_crate() {
        let page = [7; 8 * CHUNK];
        assert!((0..=ENOUGH / page.len()).any(|_| hash(&page).is_none()));
        assert_eq!(hash(&vec![0; LONGEST + 1]), None);
        assert!(Leaves::for_text(page.len()).is_none());
    }
}
