//! How long a part's plaintext is. Padmé (Nikitin and others, PETS 2019) leaves at most log log of a
//! length to see and costs at most 12 per cent.

/// Bytes around manifest and content: two lengths and the part's number.
const FRAME_BYTES: u64 = 4 + 4 + 8;

/// The Padmé length of `length` bytes: at least as long, with a mantissa no longer than its exponent.
/// Beyond 2^63 everything is `u64::MAX`.
pub const fn padme(length: u64) -> u64 {
    if length < 2 {
        return length;
    }
    let exponent = length.ilog2();
    let kept = exponent.ilog2() + 1;
    let mask = (1 << (exponent - kept)) - 1;
    match length.checked_add(mask) {
        Some(sum) => sum & !mask,
        None => u64::MAX,
    }
}

/// How long a part's plaintext is: what version facts call its size step.
pub const fn size_step(manifest_bytes: u64, content_bytes: u64) -> u64 {
    padme(
        manifest_bytes
            .saturating_add(content_bytes)
            .saturating_add(FRAME_BYTES),
    )
}

/// How many zeros follow the content.
pub(crate) const fn padding(manifest_bytes: u64, content_bytes: u64) -> u64 {
    let sum = manifest_bytes
        .saturating_add(content_bytes)
        .saturating_add(FRAME_BYTES);
    padme(sum) - sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn padme_is_small_monotone_and_a_fixed_point(length in 0u64..1 << 62, more in 0u64..1 << 20) {
            let step = padme(length);
            prop_assert!(step >= length && padme(step) == step);
            prop_assert!(step - length <= length / 8);
            prop_assert!(padme(length + more) >= step);
        }
    }

    /// Figures from the definition: E = floor(log2 L), S = floor(log2 E) + 1, E - S low bits zero.
    #[test]
    fn padme_is_padme() {
        for (length, step) in [
            (0, 0),
            (1, 1),
            (2, 2),
            (8, 8),
            (9, 10),
            (16, 16),
            (100, 104),
            (1000, 1024),
            (1025, 1088),
            (1_000_000, 1_015_808),
            ((1 << 31) + 1, (1 << 31) + (1 << 26)),
            (u64::MAX, u64::MAX),
        ] {
            assert_eq!(padme(length), step, "{length}");
        }
    }
}
