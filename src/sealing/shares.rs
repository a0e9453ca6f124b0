use crate::sealing::{ExportRecipient, HybridIdentity, SigningKey};
#[derive(Debug, Clone)]
pub struct Trustee { pub name: String, pub recipient: Option<ExportRecipient> }
#[derive(Debug)]
pub struct Shares { pub files: Vec<(String, Vec<u8>)>, pub sheets: Vec<(String, zeroize::Zeroizing<String>)> }
impl Shares { pub fn make(_: &HybridIdentity, _: &SigningKey, _: &[Trustee]) -> Result<Self, String> { Err("x".into()) } }
