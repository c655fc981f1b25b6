//! The memory of a process that lives for a fraction of a millisecond: one room, handed out from the front.
//!
//! A general allocator keeps its sizes apart, each on pages of its own, and the first touch of a page costs more than all
//! that a hook does with what is on it (about 2 µs here, 1,500 of its instructions). A hook asks for some ten kilobytes in
//! some hundred pieces; side by side they lie on a handful of pages, and nobody keeps books about them.
//!
//! What is given back is used again only when it was the last that was handed out. So a process that lives longer fills
//! the room once, and everything after that is a general allocator's; so is whatever is large. That is the system's, but on
//! musl, whose own makes a preview of ten thousand files take twice as long.

#![expect(unsafe_code, reason = "an allocator hands out bare memory")]

#[cfg(not(target_env = "musl"))]
use std::alloc::System as Behind;
use std::alloc::{GlobalAlloc, Layout};
use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicUsize, Ordering};

#[cfg(target_env = "musl")]
use dlmalloc::GlobalDlmalloc as Behind;

/// How large the room is, in bytes: what any hook asks for with room to spare. Pages that are not touched cost nothing.
const ROOM: usize = 256 * 1024;

/// The largest piece that is handed out, in bytes; what is larger is worth pages of its own, which are given back.
const LARGEST: usize = 32 * 1024;

/// A room with what is handed out at its front, and a general allocator behind it.
#[derive(Debug)]
#[repr(C)]
pub struct Arena {
    /// How many bytes are handed out.
    used: AtomicUsize,
    room: UnsafeCell<[u8; ROOM]>,
}

// SAFETY: bytes of the room belong to whoever moved `used` past them, which only one thread can have done.
unsafe impl Sync for Arena {}

impl Default for Arena {
    fn default() -> Self {
        Self::new()
    }
}

impl Arena {
    /// Gives an arena with nothing handed out.
    #[must_use]
    #[expect(clippy::large_stack_arrays, reason = "it is made while compiling, for a static")]
    pub const fn new() -> Self {
        Self { used: AtomicUsize::new(0), room: UnsafeCell::new([0; ROOM]) }
    }

    fn start(&self) -> *mut u8 {
        self.room.get().cast()
    }

    /// Hands out a piece; `None` when it is too large for what is left.
    fn take(&self, layout: Layout) -> Option<*mut u8> {
        if layout.size() > LARGEST {
            return None;
        }
        let room = self.start();
        let mut used = self.used.load(Ordering::Relaxed);
        loop {
            let padding = (room as usize + used).wrapping_neg() & (layout.align() - 1);
            let at = used + padding;
            let end = at + layout.size();
            if end > ROOM {
                return None;
            }
            match self.used.compare_exchange_weak(used, end, Ordering::Acquire, Ordering::Relaxed) {
                // SAFETY: `at` is within the room.
                Ok(_) => return Some(unsafe { room.add(at) }),
                Err(now) => used = now,
            }
        }
    }

    /// Tells where in the room a piece begins; `None` when it is not of the room.
    fn place_of(&self, piece: *mut u8) -> Option<usize> {
        let place = (piece as usize).wrapping_sub(self.start() as usize);
        (place < ROOM).then_some(place)
    }

    /// Gives the last piece another end, if it is the last and there is room.
    fn move_end(&self, place: usize, size: usize, new_size: usize) -> bool {
        let (end, new_end) = (place + size, place + new_size);
        new_end <= ROOM
            && self.used.compare_exchange(end, new_end, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }
}

// SAFETY: a piece of the room is handed out once until it is given back as the last, it has the size and the alignment that
// were asked for, and it stays where it is; everything else is the general allocator's, which keeps the same promises.
unsafe impl GlobalAlloc for Arena {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises.
        self.take(layout).unwrap_or_else(|| unsafe { Behind.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let Some(piece) = self.take(layout) else {
            // SAFETY: the caller's promises.
            return unsafe { Behind.alloc_zeroed(layout) };
        };
        // SAFETY: just handed out, and that large. It may have been handed out before.
        unsafe { piece.write_bytes(0, layout.size()) };
        piece
    }

    unsafe fn dealloc(&self, piece: *mut u8, layout: Layout) {
        match self.place_of(piece) {
            Some(place) => {
                self.move_end(place, layout.size(), 0);
            }
            // SAFETY: not of the room, so it came from there.
            None => unsafe { Behind.dealloc(piece, layout) },
        }
    }

    unsafe fn realloc(&self, piece: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let Some(place) = self.place_of(piece) else {
            // SAFETY: not of the room, so it came from there.
            return unsafe { Behind.realloc(piece, layout, new_size) };
        };
        // What is let go of a piece that is not the last is not used again, but nothing is copied either.
        if self.move_end(place, layout.size(), new_size) || new_size <= layout.size() {
            return piece;
        }
        // SAFETY: the caller promises a size that is possible with this alignment.
        let moved = unsafe { self.alloc(Layout::from_size_align_unchecked(new_size, layout.align())) };
        if !moved.is_null() {
            // SAFETY: two pieces, both at least that large.
            unsafe { moved.copy_from_nonoverlapping(piece, layout.size().min(new_size)) };
        }
        moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(size: usize, align: usize) -> Layout {
        Layout::from_size_align(size, align).unwrap()
    }

    /// A room for one test, not on its stack.
    fn arena() -> &'static Arena {
        Box::leak(Box::new(Arena::new()))
    }

    #[test]
    fn pieces_lie_side_by_side_and_aligned() {
        let arena = arena();
        // SAFETY: each is used within its size.
        unsafe {
            let first = arena.alloc(layout(3, 1));
            let second = arena.alloc(layout(16, 16));
            assert_eq!(second as usize % 16, 0);
            assert!((second as usize - first as usize) < 32);
            first.write_bytes(1, 3);
            second.write_bytes(2, 16);
            assert_eq!(std::slice::from_raw_parts(first, 3), [1; 3]);
        }
    }

    #[test]
    fn the_last_piece_grows_and_shrinks_where_it_is_and_others_move_with_what_is_in_them() {
        let arena = arena();
        // SAFETY: as above.
        unsafe {
            let first = arena.alloc(layout(8, 8));
            first.write_bytes(7, 8);
            assert_eq!(arena.realloc(first, layout(8, 8), 4000), first);
            assert_eq!(arena.realloc(first, layout(4000, 8), 8), first);
            let _second = arena.alloc(layout(8, 8));
            assert_eq!(arena.realloc(first, layout(8, 8), 4), first);
            let moved = arena.realloc(first, layout(4, 8), 64);
            assert_ne!(moved, first);
            assert_eq!(std::slice::from_raw_parts(moved, 4), [7; 4]);
        }
    }

    #[test]
    fn what_is_given_back_last_is_handed_out_again_and_zeroed_when_asked_for() {
        let arena = arena();
        // SAFETY: as above.
        unsafe {
            let piece = arena.alloc(layout(100, 1));
            piece.write_bytes(9, 100);
            arena.dealloc(piece, layout(100, 1));
            let again = arena.alloc_zeroed(layout(100, 1));
            assert_eq!(again, piece);
            assert_eq!(std::slice::from_raw_parts(again, 100), [0; 100]);
        }
    }

    #[test]
    fn what_is_large_or_comes_when_the_room_is_full_is_from_elsewhere() {
        let arena = arena();
        // SAFETY: as above; each is given back with the layout it came with.
        unsafe {
            let large = arena.alloc(layout(LARGEST + 1, 1));
            assert_eq!(arena.place_of(large), None);
            let grown = arena.realloc(large, layout(LARGEST + 1, 1), 2 * LARGEST);
            arena.dealloc(grown, layout(2 * LARGEST, 1));
            let mut pieces = 0;
            while arena.place_of(arena.alloc(layout(LARGEST, 1))).is_some() {
                pieces += 1;
            }
            assert_eq!(pieces, ROOM / LARGEST);
            let zeroed = arena.alloc_zeroed(layout(64, 64));
            assert_eq!(arena.place_of(zeroed), None);
            assert_eq!(std::slice::from_raw_parts(zeroed, 64), [0; 64]);
            arena.dealloc(zeroed, layout(64, 64));
        }
    }

    #[test]
    fn threads_never_share_a_piece() {
        let arena = arena();
        std::thread::scope(|scope| {
            for mark in 1..=4_u8 {
                scope.spawn(move || {
                    for _ in 0..2_000 {
                        // SAFETY: as above.
                        unsafe {
                            let piece = arena.alloc(layout(24, 8));
                            piece.write_bytes(mark, 24);
                            std::thread::yield_now();
                            let grown = arena.realloc(piece, layout(24, 8), 48);
                            assert_eq!(std::slice::from_raw_parts(grown, 24), [mark; 24]);
                            arena.dealloc(grown, layout(48, 8));
                        }
                    }
                });
            }
        });
    }
}
