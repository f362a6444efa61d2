//! What is tolerated, and what had to be.

use crate::options::DecodeOptions;
use crate::tolerances::Tolerances;

/// The options of one decoding, and the tolerances that it made use of.
#[derive(Debug)]
pub(crate) struct Leniency<'o> {
    pub(crate) options: &'o DecodeOptions,
    pub(crate) used: Tolerances,
}

impl<'o> Leniency<'o> {
    pub(crate) const fn new(options: &'o DecodeOptions) -> Self {
        Self { options, used: Tolerances::empty() }
    }

    /// Whether `tolerance` is granted; if so, it counts as used.
    pub(crate) fn grants(&mut self, tolerance: Tolerances) -> bool {
        let granted = self.options.tolerances.contains(tolerance);
        if granted {
            self.used |= tolerance;
        }
        granted
    }
}
