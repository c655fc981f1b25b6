//! Where nothing is known of wide instructions.

use super::{Flags, LANES, Row};

/// There is none of these.
#[derive(Clone, Copy)]
pub(super) enum Wide {}

impl Wide {
    pub(super) fn find() -> Option<Self> {
        None
    }

    pub(super) fn compress(self, _: &mut [Row; 8], _: &[&[u8]; LANES], _: &Row, _: Flags) {
        match self {}
    }
}
