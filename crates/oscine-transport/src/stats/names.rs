//! The names of what is counted.

/// What can be wrong with a packet: the classes of decoding errors, then those of frames.
pub(super) const BAD: &[&str] = &[
    "not-a-packet",
    "truncated",
    "bad-string",
    "bad-address",
    "missing-type-tags",
    "unknown-tag",
    "unbalanced-array",
    "bad-blob-length",
    "bad-element-length",
    "trailing-data",
    "bundle-time-order",
    "nesting-too-deep",
    "too-many-arguments",
    "too-many-elements",
    "packet-too-large",
    "bad-escape",
    "frame-too-long",
    "unfinished-frame",
    "stray-end",
    "broken-framing",
];

/// The tolerances of decoding, in the order of their bits.
pub(super) const TOLERANCES: &[&str] = &[
    "missing-type-tags",
    "time-order",
    "missing-padding",
    "dirty-padding",
    "trailing-zeros",
    "invalid-utf8",
    "any-address",
    "short-float",
    "unaligned-elements",
    "unknown-tag",
    "unknown-element",
];

#[cfg(test)]
mod tests {
    use oscine_codec::Tolerances;

    use super::*;

    #[test]
    fn tolerances_are_named_as_the_codec_names_them() {
        let expected: Vec<_> = Tolerances::all()
            .iter_names()
            .map(|(name, _)| name.to_lowercase().replace('_', "-"))
            .collect();
        assert_eq!(TOLERANCES, expected);
        for (place, flag) in Tolerances::all().iter().enumerate() {
            assert_eq!(flag.bits().trailing_zeros() as usize, place);
        }
    }
}
