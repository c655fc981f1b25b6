//! BLAKE3 of what is short, without asking the processor what it can do.
//!
//! The crate asks (`cpuid`) before it hashes its first byte, and takes the widest instructions there are. Under a hypervisor
//! each question is a trap: 25 µs for the three here, where a page of a book is hashed in 3. So the first few kilobytes of
//! a process are hashed with plain arithmetic, which is all that most hooks ever hash; whoever hashes more has the crate.
//!
//! The algorithm is that of the BLAKE3 paper: chunks of 1,024 bytes, blocks of 64, a binary tree over the chunks. A test
//! holds it against the crate at every length that comes here.

use std::sync::atomic::{AtomicUsize, Ordering};

/// The longest text that is hashed here, in bytes; beyond it the crate is faster in spite of its questions.
pub(super) const LONGEST: usize = 8 * 1024;

/// After so many bytes the questions are worth it.
const ENOUGH: usize = 16 * 1024;

const CHUNK: usize = 1024;
const BLOCK: usize = 64;

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
    static HASHED: AtomicUsize = AtomicUsize::new(0);
    let short = bytes.len() <= LONGEST && HASHED.load(Ordering::Relaxed) < ENOUGH;
    short.then(|| {
        HASHED.fetch_add(bytes.len(), Ordering::Relaxed);
        of(bytes)
    })
}

fn of(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    for (place, word) in hash.chunks_exact_mut(4).zip(tree(bytes, 0, ROOT)) {
        place.copy_from_slice(&word.to_le_bytes());
    }
    hash
}

/// Gives the value of a part of the text that begins with the chunk of this number; `root` is set for all of it.
fn tree(bytes: &[u8], number: u32, root: u32) -> Value {
    if bytes.len() <= CHUNK {
        return chunk(bytes, number, root);
    }
    // The left part is the largest power of two of whole chunks that leaves something for the right one.
    let left = (1 << (bytes.len() - 1).div_euclid(CHUNK).ilog2()) * CHUNK;
    let (one, two) = bytes.split_at(left);
    let further = number + u32::try_from(left / CHUNK).unwrap_or(0);
    let mut block = [0; 16];
    block[..8].copy_from_slice(&tree(one, number, 0));
    block[8..].copy_from_slice(&tree(two, further, 0));
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

    #[test]
    fn every_length_that_comes_here_is_hashed_as_the_crate_does() {
        let text: Vec<u8> = (0..LONGEST).map(|n| u8::try_from((n * n / 7 + n) % 251).unwrap()).collect();
        for length in 0..=LONGEST {
            let bytes = &text[LONGEST - length..];
            assert_eq!(of(bytes), *blake3::hash(bytes).as_bytes(), "{length} bytes");
        }
    }

    #[test]
    fn who_hashes_much_has_the_crate() {
        let page = [7; LONGEST];
        assert!((0..=ENOUGH / LONGEST).any(|_| hash(&page).is_none()));
        assert_eq!(hash(&[0; LONGEST + 1]), None);
    }
}
