//! What a method says about itself.

/// What a method or container says about itself: data for people and for other programs, not checked by dispatching.
///
/// # Examples
///
/// ```
/// use oscine::{Access, AddressSpace, Info};
///
/// let space = AddressSpace::new();
/// space.method("/mixer/1/gain", |gain: f32| println!("{gain}"))?;
/// let info = Info::new()
///     .with_description("Gain of channel 1")
///     .with_range(-90.0, 10.0)
///     .with_unit("dB")
///     .with_access(Access::Write);
/// space.describe("/mixer/1/gain", info)?;
///
/// let described = space.info("/mixer/1/gain").expect("it was described");
/// assert_eq!((described.unit(), described.type_tags()), (Some("dB"), Some("f")));
/// # Ok::<(), oscine::AddressError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Info {
    description: Option<String>,
    type_tags: Option<String>,
    range: Option<(f64, f64)>,
    unit: Option<String>,
    access: Option<Access>,
}

/// What may be done with the value of a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Access {
    /// It can be asked for.
    Read,
    /// It can be set.
    Write,
    /// Both.
    ReadWrite,
}

impl Info {
    /// Says nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets what it is, in words.
    #[must_use = "it returns what is changed"]
    pub fn with_description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Sets the type tags of its arguments, without the comma: by default those of the handler's parameters.
    #[must_use = "it returns what is changed"]
    pub fn with_type_tags(mut self, type_tags: impl Into<String>) -> Self {
        self.type_tags = Some(type_tags.into());
        self
    }

    /// Sets the least and the greatest value of a number.
    #[must_use = "it returns what is changed"]
    pub const fn with_range(mut self, least: f64, greatest: f64) -> Self {
        self.range = Some((least, greatest));
        self
    }

    /// Sets the unit of a number, such as `dB` or `Hz`.
    #[must_use = "it returns what is changed"]
    pub fn with_unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = Some(unit.into());
        self
    }

    /// Sets what may be done with it.
    #[must_use = "it returns what is changed"]
    pub const fn with_access(mut self, access: Access) -> Self {
        self.access = Some(access);
        self
    }

    /// What it is, in words.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// The type tags of its arguments, without the comma.
    #[must_use]
    pub fn type_tags(&self) -> Option<&str> {
        self.type_tags.as_deref()
    }

    /// The least and the greatest value of a number.
    #[must_use]
    pub const fn range(&self) -> Option<(f64, f64)> {
        self.range
    }

    /// The unit of a number.
    #[must_use]
    pub fn unit(&self) -> Option<&str> {
        self.unit.as_deref()
    }

    /// What may be done with it.
    #[must_use]
    pub const fn access(&self) -> Option<Access> {
        self.access
    }
}
