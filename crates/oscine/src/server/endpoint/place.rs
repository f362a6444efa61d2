//! Something that a server is to listen on.

use std::fmt;

use crate::server::endpoint::bind::Bind;
use crate::server::endpoint::bind_error::BindError;
use crate::server::endpoint::opening::{Opened, Opener};

/// Something that a server is to listen on.
pub(crate) enum Place {
    /// To be bound.
    Bind(Bind),
    /// Open already: what it is, and how the server takes it over.
    Brought(&'static str, Adopt),
}

/// Takes something over.
type Adopt = Box<dyn FnOnce(&Opener) -> Result<Opened, BindError> + Send>;

impl Place {
    pub(crate) fn brought(
        what: &'static str,
        adopt: impl FnOnce(&Opener) -> Result<Opened, BindError> + Send + 'static,
    ) -> Self {
        Self::Brought(what, Box::new(adopt))
    }

    pub(crate) async fn open(self, opener: &Opener) -> Result<Opened, BindError> {
        match self {
            Self::Bind(bind) => opener.open(&bind).await,
            Self::Brought(_, adopt) => adopt(opener),
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bind(bind) => bind.fmt(f),
            Self::Brought(what, _) => f.write_str(what),
        }
    }
}
