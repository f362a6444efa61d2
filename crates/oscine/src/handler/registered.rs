//! The registration that is called.

use std::sync::{Arc, Weak};

use oscine_codec::{Address, AddressError, Pattern};

use crate::handler::registry::Registry;
use crate::handler::states::States;
use crate::space::key::MethodKey;
use crate::space::place::{Place, prefix};

/// What the methods of one address space have in common.
#[derive(Debug, Clone, Default)]
pub(crate) struct Home {
    /// Where the space is mounted; `None` for one that is not.
    pub(crate) base: Option<Address>,
    pub(crate) states: States,
    /// The space itself; `None` when it is told nowhere.
    pub(crate) registry: Option<Weak<dyn Registry>>,
    /// Whether arguments have to be of exactly the type asked for.
    pub(crate) exact: bool,
}

/// A registration that is held apart from the tree.
#[derive(Debug, Clone)]
pub(crate) struct Registration {
    /// `None` for a fallback.
    pub(crate) at: Option<(Arc<Place>, MethodKey)>,
    pub(crate) home: Arc<Home>,
}

/// The registration that is called: where it is found. Most handlers do not ask, so it is looked at when one does.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum Registered<'a> {
    /// Before the first call.
    #[default]
    Nowhere,
    /// In the tree.
    Placed(&'a Place, MethodKey, &'a Home),
    /// Apart from it.
    Apart(&'a Registration),
}

impl<'a> Registered<'a> {
    /// Where it is; `None` for a fallback.
    pub(crate) fn at(&self) -> Option<(&'a Place, MethodKey)> {
        match *self {
            Self::Nowhere => None,
            Self::Placed(place, key, _) => Some((place, key)),
            Self::Apart(registration) => {
                registration.at.as_ref().map(|(place, key)| (&**place, *key))
            }
        }
    }

    /// What it has in common with others; `None` before the first call.
    #[inline(always)]
    pub(crate) fn home(&self) -> Option<&'a Home> {
        match *self {
            Self::Nowhere => None,
            Self::Placed(_, _, home) => Some(home),
            Self::Apart(registration) => Some(&registration.home),
        }
    }

    fn base(&self) -> Option<&'a Address> {
        self.home()?.base.as_ref()
    }

    /// Takes the registration back, if it has a key and its address space is still there.
    pub(crate) fn take_back(&self) {
        let registry = self.home().and_then(|home| home.registry.as_ref()?.upgrade());
        if let (Some(registry), Some((_, key))) = (registry, self.at()) {
            registry.take_back(key);
        }
    }

    /// The address of the method, if it stands at one; else that of the message.
    pub(crate) fn address(&self, message: &str) -> Result<Address, AddressError> {
        match (self.at(), self.base()) {
            (Some((Place::Address(address), _)), None) => Ok(address.clone()),
            (Some((Place::Address(address), _)), Some(base)) => {
                Address::new(format!("{}{}", prefix(base), prefix(address)))
            }
            _ => Address::new(message),
        }
    }

    /// What the wildcards that the method is registered with stand for in a message's address.
    pub(crate) fn captures(&self, message: &str) -> Option<Vec<String>> {
        let (place, _) = self.at()?;
        let base = self.base().map_or("", prefix);
        match place {
            Place::Address(_) => Some(Vec::new()),
            Place::Subtree(address) => {
                let above = format!("{base}{}", prefix(address));
                let below = |rest: &&str| rest.is_empty() || rest.starts_with('/');
                let rest = match message.strip_prefix(above.as_str()).filter(below) {
                    Some(rest) => rest,
                    // A pattern: what the sender wrote behind as many parts.
                    None => behind(message, above.matches('/').count()),
                };
                Some(vec![rest.strip_prefix('/').unwrap_or(rest).to_owned()])
            }
            Place::Pattern(pattern) => {
                let joined;
                let pattern = if base.is_empty() {
                    pattern
                } else {
                    let text = format!("{base}{pattern}");
                    joined = Pattern::with_options(text, pattern.options()).ok()?;
                    &joined
                };
                let sent;
                let captures = if Pattern::is_pattern(message) {
                    sent = Pattern::new(message).ok()?;
                    pattern.captures_pattern(&sent)?
                } else {
                    pattern.captures(message)?
                };
                Some(captures.into_iter().map(str::to_owned).collect())
            }
            #[cfg(feature = "regex")]
            Place::Regex(regex) => {
                let captures = regex.captures(message.strip_prefix(base)?)?;
                Some(captures.into_iter().map(str::to_owned).collect())
            }
        }
    }
}

/// What stands behind the first `parts` of a pattern; all of it where `//` leaves open which parts those are.
fn behind(pattern: &str, parts: usize) -> &str {
    match pattern.match_indices('/').nth(parts) {
        Some((place, _)) if !pattern.contains("//") => pattern.get(place..).unwrap_or_default(),
        None if !pattern.contains("//") => "",
        _ => pattern,
    }
}
