//! Our hybrid keys behind the traits of the age crate, so that its encryptor and decryptor can use
//! them too.

use std::collections::HashSet;

use age::DecryptError;
use age::EncryptError;
use age::secrecy::ExposeSecret;
use age_core::format::Stanza;

use crate::sealing::hybrid;
use crate::sealing::hybrid::HybridIdentity;
use crate::sealing::hybrid::HybridRecipient;
use crate::sealing::hybrid::UnwrapError;
use crate::sealing::secret::FileKey;

/// The label that keeps post-quantum stanzas from being mixed with others (C2SP age).
const LABEL: &str = "postquantum";

impl age::Recipient for HybridRecipient {
    fn wrap_file_key(
        &self,
        file_key: &age_core::format::FileKey,
    ) -> Result<(Vec<Stanza>, HashSet<String>), EncryptError> {
        let stanza = self.stanza(&FileKey::from_bytes(file_key.expose_secret()));
        Ok((vec![stanza], HashSet::from([LABEL.to_owned()])))
    }
}

impl age::Identity for HybridIdentity {
    fn unwrap_stanza(
        &self,
        stanza: &Stanza,
    ) -> Option<Result<age_core::format::FileKey, DecryptError>> {
        if stanza.tag != hybrid::TAG {
            return None;
        }
        let [enc] = &stanza.args[..] else {
            return Some(Err(DecryptError::InvalidHeader));
        };
        match self.unwrap(enc, &stanza.body) {
            Ok(key) => Some(Ok(key.to_age())),
            Err(UnwrapError::Malformed) => Some(Err(DecryptError::InvalidHeader)),
            Err(UnwrapError::NotForThisKey) => None,
        }
    }
}
