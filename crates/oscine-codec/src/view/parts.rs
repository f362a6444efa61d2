//! What a message is made of, to be matched on.

use crate::view::args::Args;
use crate::view::message_ref::MessageRef;

impl<'a> MessageRef<'a> {
    /// The address pattern and the arguments, to be matched on.
    ///
    /// # Examples
    ///
    /// ```
    /// use oscine_codec::Message;
    ///
    /// let message = Message::new("/volume", (0.5_f32,))?;
    /// let volume = match message.view().as_parts() {
    ///     ("/volume", args) if args.len() == 1 => args.get::<f32>(0).ok(),
    ///     _ => None,
    /// };
    /// assert_eq!(volume, Some(0.5));
    /// # Ok::<(), oscine_codec::EncodeError>(())
    /// ```
    #[must_use]
    pub fn as_parts(&self) -> (&'a str, Args<'a>) {
        (self.address(), self.args())
    }
}

impl Args<'_> {
    /// How many arguments are left. An array is one, whatever is in it.
    ///
    /// Linear in the number of type tags; the arguments themselves are not looked at.
    ///
    /// # Examples
    ///
    /// ```
    /// use oscine_codec::Message;
    ///
    /// let message = Message::new("/note", (60, [0.5_f32, 0.25], [[1], [2]]))?;
    /// assert_eq!(message.args().len(), 3);
    /// # Ok::<(), oscine_codec::EncodeError>(())
    /// ```
    #[must_use]
    pub fn len(self) -> usize {
        let mut depth = 0_u32;
        let mut count = 0;
        for tag in self.type_tags().as_bytes() {
            count += usize::from(depth == 0);
            match tag {
                b'[' => depth += 1,
                b']' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        count
    }

    /// Whether no argument is left.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.type_tags().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use crate::encode::to_args::ToArgs;
    use crate::owned::message::Message;

    #[test]
    fn as_many_as_the_iterator_yields() {
        fn check(args: impl ToArgs, count: usize) {
            let message = Message::new("/a", args).unwrap();
            assert_eq!(message.args().len(), count);
            assert_eq!(message.args().count(), count);
            assert_eq!(message.args().is_empty(), count == 0);
        }
        check((), 0);
        check((1, "two", true), 3);
        check([[1, 2], [3, 4]], 1);
        check(([1, 2], [0; 0], 5, [["x"]]), 4);
    }
}
