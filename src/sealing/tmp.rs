pub fn generate_words(_: usize) -> crate::sealing::SecretText { crate::sealing::SecretText::new("a b c d e f g".into()) }
pub fn check_strength(_: &crate::sealing::SecretText) -> Result<(), std::fmt::Error> { Ok(()) }
pub const DEMO_PREFIX: &str = "demo only ";
