//! redraft
