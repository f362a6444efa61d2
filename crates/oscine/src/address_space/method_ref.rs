//! Messages to one's own methods.

use oscine_codec::{Address, Bundle, EncodeError, Message, ToArgs};

use crate::address_space::address_space::AddressSpace;
use crate::client::time::IntoTimeTag;
use crate::space::key::MethodKey;
use crate::space::place::Place;

/// A method at one address, to build messages to it; see [`AddressSpace::method_ref`].
///
/// It stays what it is when the method moves or is taken back.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MethodRef {
    key: MethodKey,
    address: Address,
}

impl AddressSpace {
    /// The method of this key, to build messages to it: one at an address, or for a sub-tree. `None` when it is gone, and
    /// for those that stand at no one address. The address is that in this space, wherever it is mounted.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use oscine::AddressSpace;
    ///
    /// let space = AddressSpace::new();
    /// let key = space.method("/lamp/level", |level: f32| println!("{level}"))?;
    /// let lamp = space.method_ref(key).expect("it was just registered");
    /// let now = lamp.message(1.0_f32)?;
    /// let soon = lamp.bundle_at(Duration::from_secs(2), 0.0_f32)?;
    /// assert_eq!(now.to_string(), "/lamp/level ,f 1.0");
    /// # let _ = soon;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn method_ref(&self, key: MethodKey) -> Option<MethodRef> {
        match &**self.contents().methods.place_of(key)? {
            Place::Address(address) | Place::Subtree(address) => {
                Some(MethodRef { key, address: address.clone() })
            }
            _ => None,
        }
    }
}

impl MethodRef {
    /// What the registration is known by.
    #[must_use]
    pub const fn key(&self) -> MethodKey {
        self.key
    }

    /// Where the method stands.
    #[must_use]
    pub const fn address(&self) -> &Address {
        &self.address
    }

    /// A message to the method.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] when the arguments cannot be encoded.
    pub fn message(&self, args: impl ToArgs) -> Result<Message, EncodeError> {
        Message::new(&self.address, args)
    }

    /// A bundle of one message to the method, to run at `at`: a [`TimeTag`](oscine_codec::TimeTag), a `SystemTime`, or a
    /// `Duration` from now.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] when the arguments cannot be encoded.
    pub fn bundle_at(
        &self,
        at: impl IntoTimeTag,
        args: impl ToArgs,
    ) -> Result<Bundle, EncodeError> {
        Bundle::new(at.into_time_tag(), [self.message(args)?])
    }
}
