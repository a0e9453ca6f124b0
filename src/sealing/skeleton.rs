//! Skeleton of passphrases, to compile the command line against.

use zeroize::Zeroizing;

/// A passphrase.
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// From text.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Lends the text.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passphrase(..)")
    }
}

/// Too weak.
#[derive(Debug)]
pub struct Weak;

impl std::fmt::Display for Weak {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("too weak")
    }
}

/// Words.
pub fn generate_words(_count: usize) -> Passphrase {
    Passphrase::new("one two three four five".to_owned())
}

/// Checks.
///
/// # Errors
/// Weak.
pub fn check_strength(passphrase: &Passphrase) -> Result<(), Weak> {
    if passphrase.expose().len() < 12 {
        Err(Weak)
    } else {
        Ok(())
    }
}

/// Mark of demo passphrases.
pub const DEMO_PREFIX: &str = "demo only ";
