//! BLAKE3 of what is short, without asking the processor what it can do.
//!
//! The crate asks (`cpuid`) before it hashes its first byte, and takes the widest instructions there are. Under a hypervisor
//! each question is a trap, 50 µs in all, and its code lies apart from the hook's. A chapter is hashed in less with what
//! every processor of the target has, and in a quarter with what the kernel says that this one has ([`wide`]). So the first texts
//! of a process are hashed here, which is all that most hooks ever hash; whoever hashes more has the crate.
//!
//! The algorithm is that of the BLAKE3 paper: chunks of 1,024 bytes, blocks of 64, a binary tree over the chunks. Chunks
//! do not depend on each other, nor do the nodes of one level, so sixteen of them are hashed side by side: what is done to a word
//! of one is done to the same word of all. A test holds it against the crate at every length that comes here.

use std::sync::atomic::{AtomicUsize, Ordering};

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod wide;
#[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
#[path = "short/narrow.rs"]
mod wide;

use wide::Wide;

/// The longest text that is hashed here, in bytes.
const LONGEST: usize = 64 * 1024;

/// The longest one where there are no wide instructions: half of where the crate is as fast in spite of its questions, for they
/// cost little where there is no hypervisor. It has them on one architecture only.
const LONGEST_WITHOUT: usize = if cfg!(target_arch = "x86_64") { 32 * 1024 } else { 8 * 1024 };

const CHUNK: usize = 1024;
const BLOCK: usize = 64;

/// How many texts are hashed side by side.
const LANES: usize = 16;

/// The most chunks that a text has here.
const CHUNKS: usize = LONGEST / CHUNK;

const CHUNK_START: u32 = 1;
const CHUNK_END: u32 = 2;
const PARENT: u32 = 4;
const ROOT: u32 = 8;

/// Which flags a text's blocks have: each of them, and besides the first and the last one.
#[derive(Clone, Copy)]
struct Flags {
    each: u32,
    first: u32,
    last: u32,
}

const OF_A_CHUNK: Flags = Flags { each: 0, first: CHUNK_START, last: CHUNK_END };
const OF_A_PARENT: Flags = Flags { each: PARENT, first: 0, last: 0 };

impl Flags {
    /// Gives those of the block that begins here in a text of this length.
    fn of(self, at: usize, length: usize) -> u32 {
        let first = if at == 0 { self.first } else { 0 };
        let last = if at + BLOCK == length { self.last } else { 0 };
        self.each | first | last
    }
}

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
    static HASHED: AtomicUsize = AtomicUsize::new(0);
    let wide = Wide::find();
    let longest = if wide.is_some() { LONGEST } else { LONGEST_WITHOUT };
    // After so many bytes the crate's questions are worth it.
    let is_short = bytes.len() <= longest && HASHED.load(Ordering::Relaxed) < longest;
    is_short.then(|| {
        HASHED.fetch_add(bytes.len(), Ordering::Relaxed);
        of(bytes, wide)
    })
}

/// Hashes a text of at most [`LONGEST`] bytes.
fn of(bytes: &[u8], wide: Option<Wide>) -> [u8; 32] {
    if bytes.len() <= CHUNK {
        return as_bytes(&chunk(bytes, 0, ROOT));
    }
    // Sixteen at once take as long as so many one after the other, however few there are.
    let enough = if wide.is_some() { 3 } else { 8 };
    let mut values = [[0; 8]; CHUNKS];
    for (nth, (some, values)) in bytes.chunks(LANES * CHUNK).zip(values.chunks_mut(LANES)).enumerate() {
        let number = |lane: usize| u32::try_from(nth * LANES + lane).unwrap_or(0);
        let (whole, rest) = some.as_chunks::<CHUNK>();
        let at_once = if whole.len() >= enough { whole.len() } else { 0 };
        if let Some(texts) = lanes(&whole[..at_once]) {
            let numbers = std::array::from_fn(number);
            values.copy_from_slice(&side_by_side(&texts, &numbers, OF_A_CHUNK, wide)[..values.len()]);
        }
        let after = whole[at_once..].iter().map(<[u8; CHUNK]>::as_slice);
        let last = Some(rest).filter(|rest| !rest.is_empty());
        for (lane, (text, value)) in after.chain(last).zip(&mut values[at_once..]).enumerate() {
            *value = chunk(text, number(at_once + lane), 0);
        }
    }
    root(&mut values, bytes.len().div_ceil(CHUNK), enough, wide)
}

/// Gives each of these texts a lane; the lanes that are left have the last one too, as what comes of them is not used.
fn lanes<const N: usize>(texts: &[[u8; N]]) -> Option<[&[u8]; LANES]> {
    let last = texts.last()?;
    Some(std::array::from_fn(|lane| texts.get(lane).unwrap_or(last).as_slice()))
}

fn as_bytes(value: &Value) -> [u8; 32] {
    let mut hash = [0; 32];
    for (place, word) in hash.chunks_exact_mut(4).zip(value) {
        place.copy_from_slice(&word.to_le_bytes());
    }
    hash
}

/// Makes one value of those of so many chunks, at least two: those of each level, two by two, are the next one's, and where one
/// is left it is of that level too. So each left part has the largest power of two of chunks that leaves something for the right.
fn root(values: &mut [Value; CHUNKS], mut number: usize, enough: usize, wide: Option<Wide>) -> [u8; 32] {
    while number > 2 {
        let pairs = number / 2;
        let mut done = 0;
        while pairs - done >= enough {
            let some = (pairs - done).min(LANES);
            let mut blocks = [[0; BLOCK]; LANES];
            for (block, pair) in blocks.iter_mut().zip(values[2 * done..].as_chunks::<2>().0).take(some) {
                block[..BLOCK / 2].copy_from_slice(&as_bytes(&pair[0]));
                block[BLOCK / 2..].copy_from_slice(&as_bytes(&pair[1]));
            }
            let texts = blocks.each_ref().map(<[u8; BLOCK]>::as_slice);
            let above = side_by_side(&texts, &[0; LANES], OF_A_PARENT, wide);
            values[done..done + some].copy_from_slice(&above[..some]);
            done += some;
        }
        for nth in done..pairs {
            values[nth] = parent(&values[2 * nth], &values[2 * nth + 1], 0);
        }
        if number > 2 * pairs {
            values[pairs] = values[2 * pairs];
        }
        number = number.div_ceil(2);
    }
    as_bytes(&parent(&values[0], &values[1], ROOT))
}

fn parent(one: &Value, two: &Value, root: u32) -> Value {
    let mut block = [0; 16];
    block[..8].copy_from_slice(one);
    block[8..].copy_from_slice(two);
    compress(START, &block, 0, BLOCK, PARENT | root)
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

/// The same word of each of the texts that are hashed side by side.
type Row = [u32; LANES];

/// Gives the values of texts of one length, which is that of whole blocks; none of them is all that is hashed.
fn side_by_side(texts: &[&[u8]; LANES], numbers: &Row, flags: Flags, wide: Option<Wide>) -> [Value; LANES] {
    let mut values = START.map(|word| [word; LANES]);
    match wide {
        Some(wide) => wide.compress(&mut values, texts, numbers, flags),
        None => compress_rows(&mut values, texts, numbers, flags),
    }
    std::array::from_fn(|lane| std::array::from_fn(|nth| values[nth][lane]))
}

/// Compresses the blocks of each text into its value, one after the other.
fn compress_rows(values: &mut [Row; 8], texts: &[&[u8]; LANES], numbers: &Row, flags: Flags) {
    let length = texts[0].len();
    for at in (0..length).step_by(BLOCK) {
        let mut block = [[0; LANES]; 16];
        for (lane, text) in texts.iter().enumerate() {
            for (row, word) in block.iter_mut().zip(words(&text[at..at + BLOCK])) {
                row[lane] = word;
            }
        }
        let mut state = [[0; LANES]; 16];
        state[..8].copy_from_slice(values);
        state[8..12].copy_from_slice(&START.map(|word| [word; LANES])[..4]);
        state[12..].copy_from_slice(&[*numbers, [0; LANES], [64; LANES], [flags.of(at, length); LANES]]);
        for order in &ORDER {
            round_of_rows(&mut state, &block, order);
        }
        for (nth, row) in values.iter_mut().enumerate() {
            for (lane, word) in row.iter_mut().enumerate() {
                *word = state[nth][lane] ^ state[nth + 8][lane];
            }
        }
    }
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
            let expected = *blake3::hash(bytes).as_bytes();
            assert_eq!(of(bytes, None), expected, "{length} bytes");
            assert_eq!(of(bytes, Wide::find()), expected, "{length} bytes, with what there is");
        }
    }

    #[test]
    fn who_hashes_much_has_the_crate() {
        let page = [7; 8 * CHUNK];
        assert!((0..=LONGEST / page.len()).any(|_| hash(&page).is_none()));
        assert_eq!(hash(&vec![0; LONGEST + 1]), None);
    }

    #[test]
    #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
    fn wide_instructions_are_only_used_where_they_are() {
        assert!(Wide::find().is_none() || std::arch::is_x86_feature_detected!("avx512f"));
    }
}
