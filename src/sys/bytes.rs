//! `memcpy` and `memmove` where musl's take ten times as long.
//!
//! musl's for `x86_64` copy in words by `rep movsq`, and what does not fill a word byte by byte: 50 ns for the twenty bytes of a
//! name, whatever is newer than that in the processor. Rust calls them for nearly every text that is put behind another one,
//! fifty times for a file that lands. Here what is short is two loads and two stores that may overlap, which is what every
//! processor of this target can do (SSE2), and no byte is copied alone.
//!
//! All bytes of a short piece are loaded before the first is stored, and a long one is copied from the end that the other does
//! not reach first, so one function is both. As the program has them, the linker does not take those of the C library.

#![expect(unsafe_code, reason = "what C calls by these names has to be written in the processor's own words")]

use std::arch::global_asm;

/// Copies `rdx` bytes from `rsi` to `rdi`, and gives `rdi`, as the platform calls functions of C.
///
/// `movups` asks for no alignment. `r8` is where the last piece goes, which is loaded before anything is stored.
macro_rules! copy {
    ($($names:literal),*) => {
        global_asm!(
            ".section .text.memcpy,\"ax\",@progbits",
            $(concat!(".globl ", $names), concat!(".type ", $names, ",@function"),)*
            ".p2align 5",
            $(concat!($names, ":"),)*
            "mov rax, rdi",
            "cmp rdx, 16",
            "jb 4f",
            "cmp rdx, 32",
            "ja 2f",
            // 16 to 32.
            "movups xmm0, [rsi]",
            "movups xmm1, [rsi + rdx - 16]",
            "movups [rdi], xmm0",
            "movups [rdi + rdx - 16], xmm1",
            "ret",
            "2:",
            "movups xmm4, [rsi + rdx - 32]",
            "movups xmm5, [rsi + rdx - 16]",
            "lea r8, [rdi + rdx - 32]",
            "mov rcx, rdi",
            "sub rcx, rsi",
            "cmp rcx, rdx",
            "jb 7f",
            "cmp rdx, 1024",
            "jae 6f",
            // From the start, 32 at a time; the last 32 or fewer are those that were loaded.
            "3:",
            "movups xmm0, [rsi]",
            "movups xmm1, [rsi + 16]",
            "add rsi, 32",
            "movups [rdi], xmm0",
            "movups [rdi + 16], xmm1",
            "add rdi, 32",
            "cmp rdi, r8",
            "jb 3b",
            "movups [r8], xmm4",
            "movups [r8 + 16], xmm5",
            "ret",
            // Fewer than 16.
            "4:",
            "cmp edx, 8",
            "jb 5f",
            "mov rcx, [rsi]",
            "mov r8, [rsi + rdx - 8]",
            "mov [rdi], rcx",
            "mov [rdi + rdx - 8], r8",
            "ret",
            "5:",
            "cmp edx, 4",
            "jb 9f",
            "mov ecx, [rsi]",
            "mov r8d, [rsi + rdx - 4]",
            "mov [rdi], ecx",
            "mov [rdi + rdx - 4], r8d",
            "ret",
            // Much: the processor knows best how to move it; whole words, and the rest is in what was loaded.
            "6:",
            "mov rcx, rdx",
            "shr rcx, 3",
            "rep movsq",
            "movups [r8], xmm4",
            "movups [r8 + 16], xmm5",
            "ret",
            // The target lies behind the start of the source and within it: from the end, and the first 32 as they were.
            "7:",
            "movups xmm2, [rsi]",
            "movups xmm3, [rsi + 16]",
            "8:",
            "movups xmm0, [rsi + rdx - 32]",
            "movups xmm1, [rsi + rdx - 16]",
            "movups [rdi + rdx - 32], xmm0",
            "movups [rdi + rdx - 16], xmm1",
            "sub rdx, 32",
            "cmp rdx, 32",
            "ja 8b",
            "movups [rdi], xmm2",
            "movups [rdi + 16], xmm3",
            "ret",
            // One, two or three: the first, the one in the middle, the last.
            "9:",
            "test edx, edx",
            "jz 2f",
            "mov r10, rdx",
            "shr r10, 1",
            "movzx ecx, byte ptr [rsi]",
            "movzx r8d, byte ptr [rsi + r10]",
            "movzx r9d, byte ptr [rsi + rdx - 1]",
            "mov [rdi], cl",
            "mov [rdi + r10], r8b",
            "mov [rdi + rdx - 1], r9b",
            "2:",
            "ret",
            $(concat!(".size ", $names, ", . - ", $names),)*
            ".text",
        );
    };
}

#[cfg(all(target_env = "musl", not(test)))]
copy!("memcpy", "memmove");

#[cfg(test)]
copy!("redraft_copy");

#[cfg(test)]
mod tests {
    unsafe extern "C" {
        fn redraft_copy(to: *mut u8, from: *const u8, n: usize) -> *mut u8;
    }

    /// As long as anything that is copied in another way than what is shorter, and some more.
    const MOST: usize = 1100;

    /// Copies within one room, and compares all of it with what the standard library makes of it.
    fn copies(room: &[u8], from: usize, to: usize, n: usize) {
        let (mut ours, mut theirs) = (room.to_vec(), room.to_vec());
        // SAFETY: both ranges lie within the room.
        let given = unsafe {
            let start = ours.as_mut_ptr();
            redraft_copy(start.add(to), start.add(from), n) == start.add(to)
        };
        theirs.copy_within(from..from + n, to);
        assert!(given && ours == theirs, "{n} bytes from {from} to {to}");
    }

    #[test]
    fn any_number_of_bytes_comes_over_whole_and_nothing_beside_it() {
        let room: Vec<u8> = (0..2 * MOST + 64).map(|n| u8::try_from(n * n % 251).unwrap()).collect();
        for n in 0..=MOST {
            for aside in [0, 1, 7, 8, 15] {
                copies(&room, aside, MOST + 32, n);
                copies(&room, MOST + 32, 31 - aside, n);
            }
        }
    }

    #[test]
    fn what_overlaps_is_what_it_was_before() {
        let room: Vec<u8> = (0..2 * MOST + 64).map(|n| u8::try_from(n * n % 251).unwrap()).collect();
        for n in (0..=200).chain(1000..=MOST) {
            for apart in [0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 100, n / 2, n.saturating_sub(1)] {
                copies(&room, 3, 3 + apart, n);
                copies(&room, 3 + apart, 3, n);
            }
        }
    }
}
