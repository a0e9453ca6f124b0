//! `vault.toml`: format version, vault id, custody. No names.

use std::path::Path;

use serde::Deserialize;
use serde::Serialize;

use crate::ids::VaultId;
use crate::ledger::journal::disk::RealDisk;
use crate::ledger::journal::disk::read_whole;
use crate::ledger::journal::disk::write_whole;

/// The format this program writes and reads.
pub const FORMAT: u32 = 1;
/// The file is small; anything longer is not it.
const MAX_BYTES: u64 = 64 * 1024;

/// What `vault.toml` says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// [`FORMAT`].
    pub format: u32,
    /// The vault.
    pub vault: VaultId,
    /// `local` or `keeper`: who could get round the gate (`docs/threat-model.md`).
    pub custody: String,
    /// A demonstration vault.
    #[serde(default)]
    pub demo: bool,
    /// A demonstration vault's clock: milliseconds it is ahead of the system's.
    #[serde(default)]
    pub clock_shift_ms: i64,
}

impl Config {
    /// Reads it; `None` where there is no vault.
    ///
    /// # Errors
    /// What the system reports; `InvalidData` with the words to show for a file that is not one.
    pub fn read(dir: &Path) -> std::io::Result<Option<Self>> {
        let path = dir.join("vault.toml");
        if !path.exists() {
            return Ok(None);
        }
        let invalid = |says: String| std::io::Error::new(std::io::ErrorKind::InvalidData, says);
        let bytes = read_whole(&RealDisk, &path, MAX_BYTES)?;
        let text =
            String::from_utf8(bytes).map_err(|_| invalid("`vault.toml` is not text".to_owned()))?;
        let config: Self = toml::from_str(&text).map_err(|_| {
            invalid("`vault.toml` is damaged: it is not what a vault writes".to_owned())
        })?;
        if config.format != FORMAT {
            return Err(invalid(format!(
                "this vault has format {}, and this program knows format {FORMAT}; use a newer strongroom",
                config.format
            )));
        }
        Ok(Some(config))
    }

    /// Writes it, durably.
    ///
    /// # Errors
    /// What the system reports.
    pub fn write(&self, dir: &Path) -> std::io::Result<()> {
        let text = format!(
            "# A Strongroom vault. Copies of this folder hold no key and no readable name.\n\
             format = {}\nvault = \"{}\"\ncustody = \"{}\"\ndemo = {}\nclock_shift_ms = {}\n",
            self.format, self.vault, self.custody, self.demo, self.clock_shift_ms
        );
        write_whole(&RealDisk, &dir.join("vault.toml"), text.as_bytes())
    }
}
