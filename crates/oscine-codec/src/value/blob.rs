//! Bytes that are one argument.

/// Bytes that are one argument, type tag `b`, when they are at hand as a slice.
///
/// `&[u8]`, `Vec<u8>` and `Bytes` are blobs by themselves; this wrapper is for anything else that lends bytes.
///
/// # Examples
///
/// ```
/// use oscine_codec::{Blob, Message};
///
/// let message = Message::new("/d", (Blob("raw"),))?;
/// assert_eq!(message.to_string(), "/d ,b 0x726177");
/// # Ok::<(), oscine_codec::EncodeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "a transparent wrapper")]
pub struct Blob<T>(pub T);
