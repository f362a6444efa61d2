//! What decoding accepts.

use crate::limits::Limits;

/// How closely decoding holds a sender to the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Profile {
    /// OSC 1.0 to the letter: a type tag string must be there, and a nested bundle may not be earlier than
    /// the bundle around it.
    Strict,
    /// OSC 1.0 and 1.1 as they are used (the default): messages without a type tag string are read, as the
    /// specification itself recommends, and the time tags of nested bundles are left to the schedule.
    #[default]
    Spec,
}

/// What decoding accepts: a profile and limits.
///
/// # Examples
///
/// ```
/// use oscine_codec::{DecodeOptions, PacketRef, Profile};
///
/// let typeless = b"/sync\0\0\0";
/// assert!(PacketRef::decode(typeless).is_ok());
/// let strict = DecodeOptions::new().profile(Profile::Strict);
/// assert!(PacketRef::decode_with(typeless, &strict).is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct DecodeOptions {
    pub(crate) profile: Profile,
    pub(crate) limits: Limits,
}

impl DecodeOptions {
    /// Profile [`Spec`](Profile::Spec) and the default [`Limits`].
    #[must_use]
    pub const fn new() -> Self {
        Self { profile: Profile::Spec, limits: Limits::new() }
    }

    /// Sets the profile. Default [`Spec`](Profile::Spec).
    #[must_use]
    pub const fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// Sets the limits. Default [`Limits::new`].
    #[must_use]
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    pub(crate) const fn strict(&self) -> bool {
        matches!(self.profile, Profile::Strict)
    }
}
