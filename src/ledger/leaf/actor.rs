//! Who acted, without saying who that is.

use std::fmt;

use crate::bytes::base64url;
use crate::bytes::unbase64url;

/// Who acted: 16 random bytes drawn when the account was made, not derived from the person. All zero
/// is the service itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActorHandle([u8; 16]);

impl ActorHandle {
    /// The service itself.
    pub const SERVICE: Self = Self([0; 16]);

    /// A new handle from the operating system's random source.
    pub fn random() -> Self {
        Self(crate::ids::random())
    }

    /// The handle with these bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for ActorHandle {
    /// base64url, 22 characters.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64url(&self.0))
    }
}

impl fmt::Debug for ActorHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Text that is not an actor's handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAnActor;

impl fmt::Display for NotAnActor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an actor's handle")
    }
}

impl std::error::Error for NotAnActor {}

impl std::str::FromStr for ActorHandle {
    type Err = NotAnActor;

    fn from_str(text: &str) -> Result<Self, NotAnActor> {
        let bytes = unbase64url(text).ok_or(NotAnActor)?;
        bytes.try_into().map(Self).map_err(|_| NotAnActor)
    }
}
