//! The keeper: guards, decides, logs, serves; never sees plaintext.

pub mod acts;
pub mod facts;
pub mod policy;
