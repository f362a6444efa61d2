//! How a SLIP framing is made.

use crate::framing::slip::options::Options;
use crate::framing::slip::stream::Slip;

impl Slip {
    /// Makes a framing that writes one END, after each packet, as RFC 1055 does.
    ///
    /// Each packet is one byte shorter than with [`double`](Self::double), and noise on the line
    /// spoils the packet that follows it. Reading is the same: both are read.
    #[must_use]
    pub const fn single() -> Self {
        Self::builder().leading_end(false).build()
    }

    /// Makes a framing that writes END before and after each packet, as OSC 1.1 asks for; it is the
    /// same as [`new`](Self::new).
    #[must_use]
    pub const fn double() -> Self {
        Self::new()
    }

    /// Begins to set options.
    pub const fn builder() -> SlipBuilder {
        SlipBuilder { options: Options::new() }
    }
}

/// The options of a SLIP framing.
///
/// # Examples
///
/// ```
/// use oscine_transport::framing::Slip;
///
/// let slip = Slip::builder().leading_end(false).lenient(true).max_frame(4096).build();
/// # let _ = slip;
/// ```
#[derive(Debug, Clone, Copy)]
#[must_use = "a builder does nothing until it is built"]
pub struct SlipBuilder {
    options: Options,
}

impl SlipBuilder {
    /// Sets the longest frame in bytes, counted without escapes: 1 MiB by default
    /// ([`DEFAULT_MAX_FRAME`](crate::framing::DEFAULT_MAX_FRAME)).
    ///
    /// A longer one that arrives is dropped and reported. Worst-case memory use is twice this
    /// figure, as every byte of a frame may come escaped.
    pub const fn max_frame(mut self, bytes: usize) -> Self {
        self.options.max_frame = Some(bytes);
        self
    }

    /// Sets whether END is written before a packet as well as after it: true by default.
    ///
    /// OSC 1.1 asks for it. Without it each packet is one byte shorter, and noise on the line is
    /// taken for the beginning of the packet that follows. Reading does not depend on it.
    pub const fn leading_end(mut self, leading_end: bool) -> Self {
        self.options.leading_end = leading_end;
        self
    }

    /// Sets whether a frame with a bad escape is delivered: false by default.
    ///
    /// If true the ESC is left out and the byte after it is kept, as the sample code of RFC 1055
    /// does; an END after ESC still ends the frame. Damaged packets are then decoded instead of
    /// dropped, and may be taken for good ones.
    pub const fn lenient(mut self, lenient: bool) -> Self {
        self.options.lenient = lenient;
        self
    }

    /// Makes the framing.
    #[must_use]
    pub const fn build(self) -> Slip {
        Slip::with_options(self.options)
    }
}
