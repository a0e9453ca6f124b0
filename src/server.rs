//! The keeper behind a Unix socket: for people whose own accounts cannot look into the vault.
//!
//! `wire` cuts the stream into frames, `message` says what stands in them, `socket` waits for people and
//! knows from the system who they are, `connection` answers one of them, `client` is their side of it: a
//! [`Line`](crate::keeper::Line), so that a desk cannot tell it from a keeper in its own process.
//!
//! Deliberately absent: any rule about who may do what. The keeper decides, over a socket as elsewhere;
//! this room only refuses what is no message at all.

pub mod client;
pub(crate) mod connection;
pub(crate) mod incoming;
pub(crate) mod message;
pub mod socket;
pub(crate) mod wire;

pub use crate::server::client::Client;
pub use crate::server::client::ConnectError;
pub use crate::server::socket::BindError;
pub use crate::server::socket::Socket;
