//! Benches lie beside this folder; this crate only gives them a home.
