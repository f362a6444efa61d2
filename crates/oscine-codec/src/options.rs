//! What decoding accepts.

use crate::limits::Limits;
use crate::tag_set::TagSet;
use crate::tolerances::Tolerances;

/// How closely decoding holds a sender to the specification: a name for a set of [`Tolerances`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Profile {
    /// OSC 1.0 to the letter: nothing is tolerated.
    Strict,
    /// OSC 1.0 and 1.1 as they are meant (the default): messages without a type tag string are read, as the
    /// specification itself recommends, and the time tags of nested bundles are left to the schedule.
    #[default]
    Spec,
    /// What real devices send: everything is tolerated.
    Field,
}

impl Profile {
    /// What the profile tolerates.
    #[must_use]
    pub const fn tolerances(self) -> Tolerances {
        match self {
            Self::Strict => Tolerances::empty(),
            Self::Spec => Tolerances::MISSING_TYPE_TAGS.union(Tolerances::TIME_ORDER),
            Self::Field => Tolerances::all(),
        }
    }
}

/// What decoding accepts: tolerances, limits, and what else a receiver may be strict about.
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DecodeOptions {
    pub(crate) tolerances: Tolerances,
    pub(crate) limits: Limits,
    pub(crate) only_tags: Option<TagSet>,
    pub(crate) check_addresses: bool,
    pub(crate) ascii_only: bool,
    /// A message with fewer type tags than this may be read the short way: none at all while something unusual is
    /// asked for. Derived from the other fields.
    pub(crate) plain_below: usize,
}

impl DecodeOptions {
    /// Profile [`Spec`](Profile::Spec) and the default [`Limits`].
    #[must_use]
    pub const fn new() -> Self {
        Self {
            tolerances: Profile::Spec.tolerances(),
            limits: Limits::new(),
            only_tags: None,
            check_addresses: false,
            ascii_only: false,
            plain_below: Limits::new().arguments as usize + 1,
        }
    }

    const fn derived(mut self) -> Self {
        let unusual = self.only_tags.is_some() || self.check_addresses;
        let below = (self.limits.arguments as usize).saturating_add(1);
        self.plain_below = if unusual { 0 } else { below };
        self
    }

    /// Tolerates what the profile does, and nothing else. Default [`Spec`](Profile::Spec).
    #[must_use]
    pub const fn profile(mut self, profile: Profile) -> Self {
        self.tolerances = profile.tolerances();
        self
    }

    /// Tolerates these as well.
    #[must_use]
    pub const fn tolerate(mut self, tolerances: Tolerances) -> Self {
        self.tolerances = self.tolerances.union(tolerances);
        self
    }

    /// Does not tolerate these.
    #[must_use]
    pub const fn refuse(mut self, tolerances: Tolerances) -> Self {
        self.tolerances = self.tolerances.difference(tolerances);
        self
    }

    /// Sets the limits. Default [`Limits::new`].
    #[must_use]
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self.derived()
    }

    /// Refuses packets with other type tags than these. Default: all that are known are accepted.
    #[must_use]
    pub const fn only_tags(mut self, tags: TagSet) -> Self {
        self.only_tags = Some(tags);
        self.derived()
    }

    /// Refuses addresses that are no concrete addresses: for receivers without patterns. Default off.
    #[must_use]
    pub const fn check_addresses(mut self, check: bool) -> Self {
        self.check_addresses = check;
        self.derived()
    }

    /// Refuses text beyond ASCII, as OSC 1.0 has it. Default off: all current software sends UTF-8.
    #[must_use]
    pub const fn ascii_only(mut self, ascii_only: bool) -> Self {
        self.ascii_only = ascii_only;
        self
    }
}

impl Default for DecodeOptions {
    fn default() -> Self {
        Self::new()
    }
}
