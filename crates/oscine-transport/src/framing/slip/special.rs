//! The four bytes that SLIP gives a meaning.

/// Ends a frame (RFC 1055: 192).
pub const END: u8 = 0xc0;

/// Begins an escape (RFC 1055: 219).
pub const ESC: u8 = 0xdb;

/// After [`ESC`], stands for [`END`] (RFC 1055: 220).
pub const ESC_END: u8 = 0xdc;

/// After [`ESC`], stands for [`ESC`] (RFC 1055: 221).
pub const ESC_ESC: u8 = 0xdd;
