//! Names that our types go by within serde: no type of anyone else is called that.

pub(crate) const TIME_TAG: &str = "$oscine::TimeTag";
pub(crate) const COLOR: &str = "$oscine::Color";
pub(crate) const MIDI: &str = "$oscine::Midi";
pub(crate) const CHAR: &str = "$oscine::Char";
pub(crate) const SYMBOL: &str = "$oscine::Symbol";
pub(crate) const NIL: &str = "$oscine::Nil";
pub(crate) const IMPULSE: &str = "$oscine::Impulse";
