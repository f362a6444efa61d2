//! Any bytes as a packet: in all profiles, and with tolerances and limits that follow from the bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use oscine_codec::{DecodeOptions, Limits, Profile, Tolerances};

#[path = "../../tests/support/laws.rs"]
mod laws;
#[path = "../../tests/support/rebuild.rs"]
mod rebuild;
#[path = "../../tests/support/traverse.rs"]
mod traverse;

fuzz_target!(|bytes: &[u8]| {
    let strict = DecodeOptions::new().profile(Profile::Strict);
    for profile in [Profile::Strict, Profile::Spec, Profile::Field] {
        laws::check(bytes, strict, profile.tolerances());
    }
    let sum = bytes.iter().fold(0_u16, |sum, &byte| sum.rotate_left(3) ^ u16::from(byte));
    let few = |shift: u32| u32::from(sum) >> shift & 7;
    let limits = Limits::new().depth(few(0)).array_depth(few(1)).elements(few(2)).arguments(few(3));
    let options = strict.limits(limits).ascii_only(few(5) == 0).check_addresses(few(6) == 0);
    laws::check(bytes, options, Tolerances::from_bits_truncate(sum));
    laws::check(bytes, strict, Tolerances::from_bits_truncate(!sum));
});
