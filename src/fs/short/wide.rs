//! Sixteen texts side by side with the widest instructions that there are, those of AVX-512.
//!
//! The crate asks the processor for them (`cpuid`): under a hypervisor each question is a trap of some 9 µs, and it asks half a dozen. The
//! kernel has asked before: which registers it keeps for a process (XCR0) can be read without a trap, and it keeps those of
//! AVX-512 only where that is. Lesser instructions cannot be told so: who has the registers of AVX need not have AVX2.

#![expect(
    unsafe_code,
    reason = "wide instructions may be run only where the processor has them, which no type says"
)]

use std::arch::x86_64::{
    __m512i, _mm512_add_epi32, _mm512_loadu_si512, _mm512_ror_epi32, _mm512_set1_epi32, _mm512_shuffle_i32x4,
    _mm512_storeu_si512, _mm512_unpackhi_epi32, _mm512_unpackhi_epi64, _mm512_unpacklo_epi32,
    _mm512_unpacklo_epi64, _mm512_xor_si512, _xgetbv,
};

use super::{BLOCK, Flags, LANES, ORDER, Row, START};

/// The registers of SSE, of AVX, and the three parts of those of AVX-512.
const REGISTERS: u64 = 0b1110_0110;

/// More than so many bytes are kept for a process where they are kept by XSAVE with room for AVX-512, after which [`_xgetbv`]
/// is there; the way of keeping them before it has room for 512.
const ROOM: libc::c_ulong = 2_688;

/// That the processor has them: there is none of these where it does not.
#[derive(Clone, Copy)]
pub(super) struct Wide(());

impl Wide {
    /// Asks what the kernel keeps for this process.
    pub(super) fn find() -> Option<Self> {
        // SAFETY: what the kernel told this process at its start.
        let room = unsafe { libc::getauxval(libc::AT_MINSIGSTKSZ) };
        // SAFETY: the instruction is there, as the room says.
        (room > ROOM && unsafe { registers() } & REGISTERS == REGISTERS).then_some(Self(()))
    }

    /// Compresses the blocks of each text into its value, one after the other.
    ///
    /// # Panics
    /// If the texts are not all of one length, which is that of whole blocks.
    #[expect(clippy::unused_self, reason = "that it is there is what is asked of it")]
    pub(super) fn compress(self, values: &mut [Row; 8], texts: &[&[u8]; LANES], numbers: &Row, flags: Flags) {
        // SAFETY: as this value says.
        unsafe { compress(values, texts, numbers, flags) };
    }
}

#[target_feature(enable = "xsave")]
fn registers() -> u64 {
    // SAFETY: this number is there wherever the instruction is.
    unsafe { _xgetbv(0) }
}

#[target_feature(enable = "avx512f")]
fn compress(values: &mut [Row; 8], texts: &[&[u8]; LANES], numbers: &Row, flags: Flags) {
    let length = texts[0].len();
    assert!(length.is_multiple_of(BLOCK) && texts.iter().all(|text| text.len() == length));
    let (none, of_a_block, numbers) = (all(0), all(64), load(numbers));
    let start = [START[0], START[1], START[2], START[3]].map(|word| all(word));
    let mut value = [none; 8];
    value.iter_mut().zip(&*values).for_each(|(to, from)| *to = load(from));
    for at in (0..length).step_by(BLOCK) {
        let block = words(texts, at);
        let mut state = [none; 16];
        state[..8].copy_from_slice(&value);
        state[8..12].copy_from_slice(&start);
        state[12..].copy_from_slice(&[numbers, none, of_a_block, all(flags.of(at, length))]);
        for order in &ORDER {
            round(&mut state, &block, order);
        }
        for (nth, value) in value.iter_mut().enumerate() {
            *value = _mm512_xor_si512(state[nth], state[nth + 8]);
        }
    }
    for (to, from) in values.iter_mut().zip(value) {
        // SAFETY: room for sixteen words.
        unsafe { _mm512_storeu_si512(to.as_mut_ptr().cast(), from) };
    }
}

#[target_feature(enable = "avx512f")]
fn all(word: u32) -> __m512i {
    _mm512_set1_epi32(word.cast_signed())
}

#[target_feature(enable = "avx512f")]
fn load(row: &Row) -> __m512i {
    // SAFETY: sixteen words.
    unsafe { _mm512_loadu_si512(row.as_ptr().cast()) }
}

/// Gives the words of the blocks that begin here: the first of each text, the second of each, and so on.
#[target_feature(enable = "avx512f")]
fn words(texts: &[&[u8]; LANES], at: usize) -> [__m512i; 16] {
    let mut rows = [all(0); 16];
    for (row, text) in rows.iter_mut().zip(texts) {
        let block: &[u8; BLOCK] = text[at..].first_chunk().unwrap_or(&[0; BLOCK]);
        // SAFETY: as many bytes.
        *row = unsafe { _mm512_loadu_si512(block.as_ptr().cast()) };
    }
    // Pairs of words of two texts, then fours of four, which stand in the quarters of a row; then the quarters.
    let mut pairs = [all(0); 16];
    for nth in (0..16).step_by(2) {
        pairs[nth] = _mm512_unpacklo_epi32(rows[nth], rows[nth + 1]);
        pairs[nth + 1] = _mm512_unpackhi_epi32(rows[nth], rows[nth + 1]);
    }
    let mut fours = [all(0); 16];
    for nth in (0..16).step_by(4) {
        fours[nth] = _mm512_unpacklo_epi64(pairs[nth], pairs[nth + 2]);
        fours[nth + 1] = _mm512_unpackhi_epi64(pairs[nth], pairs[nth + 2]);
        fours[nth + 2] = _mm512_unpacklo_epi64(pairs[nth + 1], pairs[nth + 3]);
        fours[nth + 3] = _mm512_unpackhi_epi64(pairs[nth + 1], pairs[nth + 3]);
    }
    let mut words = [all(0); 16];
    for nth in 0..4 {
        let [one, two, three, four] = [fours[nth], fours[nth + 4], fours[nth + 8], fours[nth + 12]];
        // The even quarters of two rows, and the odd ones.
        let (even, odd) = (_mm512_shuffle_i32x4::<0x88>(one, two), _mm512_shuffle_i32x4::<0xdd>(one, two));
        let (evens, odds) =
            (_mm512_shuffle_i32x4::<0x88>(three, four), _mm512_shuffle_i32x4::<0xdd>(three, four));
        words[nth] = _mm512_shuffle_i32x4::<0x88>(even, evens);
        words[nth + 4] = _mm512_shuffle_i32x4::<0x88>(odd, odds);
        words[nth + 8] = _mm512_shuffle_i32x4::<0xdd>(even, evens);
        words[nth + 12] = _mm512_shuffle_i32x4::<0xdd>(odd, odds);
    }
    words
}

/// Mixes the words of a block into the state: its columns, then its diagonals.
#[target_feature(enable = "avx512f")]
fn round(state: &mut [__m512i; 16], block: &[__m512i; 16], order: &[usize; 16]) {
    const COLUMNS_AND_DIAGONALS: [[usize; 4]; 8] = [
        [0, 4, 8, 12],
        [1, 5, 9, 13],
        [2, 6, 10, 14],
        [3, 7, 11, 15],
        [0, 5, 10, 15],
        [1, 6, 11, 12],
        [2, 7, 8, 13],
        [3, 4, 9, 14],
    ];
    for (nth, places) in COLUMNS_AND_DIAGONALS.iter().enumerate() {
        let mixed = mix(places.map(|place| state[place]), block[order[2 * nth]], block[order[2 * nth + 1]]);
        for (place, word) in places.iter().zip(mixed) {
            state[*place] = word;
        }
    }
}

#[target_feature(enable = "avx512f")]
fn mix([mut a, mut b, mut c, mut d]: [__m512i; 4], one: __m512i, two: __m512i) -> [__m512i; 4] {
    a = _mm512_add_epi32(_mm512_add_epi32(a, b), one);
    d = _mm512_ror_epi32::<16>(_mm512_xor_si512(d, a));
    c = _mm512_add_epi32(c, d);
    b = _mm512_ror_epi32::<12>(_mm512_xor_si512(b, c));
    a = _mm512_add_epi32(_mm512_add_epi32(a, b), two);
    d = _mm512_ror_epi32::<8>(_mm512_xor_si512(d, a));
    c = _mm512_add_epi32(c, d);
    b = _mm512_ror_epi32::<7>(_mm512_xor_si512(b, c));
    [a, b, c, d]
}
