//! The transparency log and the journal it is committed through.

pub mod frame;
