//! The sections of `compare`.

use crate::report::Row;
use crate::{codec, dispatch, schedule, serve, tcp, udp};

/// A part of `compare` that can be asked for by its name.
#[derive(Debug)]
#[non_exhaustive]
pub struct Section {
    /// What it is called on the command line and in its rows.
    pub name: &'static str,
    /// What it measures, in one line.
    pub about: &'static str,
    /// Measures everything whose name the filter lets pass, and hands over each row as soon as it is there.
    pub run: fn(&Filter, &mut dyn FnMut(Row)),
}

/// All sections, in the order of the help.
pub const SECTIONS: &[Section] = &[
    Section {
        name: "codec",
        about: "decoding, reading by type, encoding, owned packets, allocations",
        run: codec::run,
    },
    Section {
        name: "udp",
        about: "receiving, sending and round trips of datagrams",
        run: udp::run,
    },
    Section { name: "tcp", about: "messages out of a stream of bytes, SLIP", run: tcp::run },
    Section {
        name: "dispatch",
        about: "from the bytes of a message to the handlers that it reaches",
        run: dispatch::run,
    },
    Section {
        name: "serve",
        about: "from the socket to a typed handler: datagrams, a connection, allocations",
        run: serve::run,
    },
    Section {
        name: "schedule",
        about: "how late bundles run, the queue of what waits",
        run: schedule::run,
    },
];

/// Which measures are wanted.
#[derive(Debug, Default)]
pub struct Filter(Option<String>);

impl Filter {
    /// Lets pass what contains `text`.
    #[must_use]
    pub const fn containing(text: String) -> Self {
        Self(Some(text))
    }

    /// Whether a measure is wanted.
    #[must_use]
    pub fn passes(&self, measure: &str) -> bool {
        self.0.as_ref().is_none_or(|text| measure.contains(text.as_str()))
    }
}
